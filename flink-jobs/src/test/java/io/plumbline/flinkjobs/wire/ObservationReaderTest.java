package io.plumbline.flinkjobs.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.IncomingObservation;
import io.plumbline.flinkjobs.state.ObservationKind;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.PageForm;
import io.plumbline.flinkjobs.state.RoundCounts;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageDigest;
import io.plumbline.schemas.CaptureBoundary;
import io.plumbline.schemas.LifeCycle;
import io.plumbline.schemas.LifeCycleEvent;
import io.plumbline.schemas.Observation;
import io.plumbline.schemas.PageChange;
import io.plumbline.schemas.PageDeltas;
import io.plumbline.schemas.PageEncoding;
import io.plumbline.schemas.PagesMode;
import io.plumbline.schemas.Sha256;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.schemas.wire.RecordCodec;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ObservationReaderTest {
  private static final Origin ORIGIN = new Origin("plumbline.observations", 3, 17, 99);
  private static final byte[] KEY = "vm-1".getBytes(StandardCharsets.UTF_8);
  private static final byte[] PAGE = new byte[PageBytes.SIZE];

  static {
    PAGE[0] = 1;
  }

  private final EmbeddedSchemaRegistry registry = new EmbeddedSchemaRegistry();
  private final RecordCodec<Observation> codec = new RecordCodec<>(Contract.OBSERVATION, registry);
  private final ObservationReader reader = new ObservationReader(registry);

  private static PageChange full(long frame, byte[] content, PageDigest digest) {
    return new PageChange(
        frame, PageEncoding.FULL, ByteBuffer.wrap(content), new Sha256(digest.toByteArray()));
  }

  private static PageChange full(long frame) {
    return full(frame, PAGE, PageDigest.of(PageBytes.wrap(PAGE)));
  }

  private byte[] framed(Object body) throws SchemaRegistryException {
    return framed("vm-1", 5, body);
  }

  private byte[] framed(String vmId, long sequence, Object body) throws SchemaRegistryException {
    Instant captured = Instant.ofEpochSecond(7);
    return codec.encode(new Observation(vmId, "host", 100L, sequence, captured, body));
  }

  private byte[] pages(PageChange... changes) throws SchemaRegistryException {
    return framed(new PageDeltas(2L, true, List.of(changes), List.of()));
  }

  private void assertRefused(byte[] key, byte[] value, String why) throws SchemaRegistryException {
    IncomingObservation incoming = reader.read(ORIGIN, key, value);
    assertThat(incoming.observation()).isNull();
    assertThat(incoming.refusal().reason()).contains(why);
    assertThat(incoming.refusal().origin()).isEqualTo(ORIGIN);
    assertThat(incoming.refusal().key()).isEqualTo(key);
    assertThat(incoming.refusal().original()).isEqualTo(value);
  }

  @Test
  void pagesArriveAsTheyWereSent() throws SchemaRegistryException {
    IncomingObservation incoming = reader.read(ORIGIN, KEY, pages(full(8)));
    assertThat(incoming.refusal()).isNull();
    var observation = incoming.observation();
    assertThat(observation.kind()).isEqualTo(ObservationKind.PAGES);
    assertThat(observation.vmId()).isEqualTo("vm-1");
    assertThat(observation.epoch()).isEqualTo(100);
    assertThat(observation.sequence()).isEqualTo(5);
    assertThat(observation.capturedAtMicros()).isEqualTo(7_000_000);
    assertThat(observation.round()).isEqualTo(2);
    assertThat(observation.snapshot()).isTrue();
    assertThat(observation.pages()).hasSize(1);
    assertThat(observation.pages().get(0).frame()).isEqualTo(8);
    assertThat(observation.pages().get(0).form()).isEqualTo(PageForm.FULL);
    assertThat(observation.pages().get(0).payload()).isEqualTo(PAGE);
    assertThat(observation.original()).as("no later step can refuse it").isNull();
  }

  @Test
  void boundariesAndLifeCycleArriveAsTheyWereSent() throws SchemaRegistryException {
    CaptureBoundary boundary =
        new CaptureBoundary(2L, false, PagesMode.KERNEL, 3L, 10L, 4L, 1L, 0L, true);
    assertThat(reader.read(ORIGIN, KEY, framed(boundary)).observation().counts())
        .isEqualTo(new RoundCounts(3, 4, 1));
    for (LifeCycleEvent event : LifeCycleEvent.values()) {
      ObservationKind expected =
          event == LifeCycleEvent.STOPPED ? ObservationKind.STOPPED : ObservationKind.RESET;
      assertThat(reader.read(ORIGIN, KEY, framed(new LifeCycle(event, ""))).observation().kind())
          .isEqualTo(expected);
    }
  }

  @Test
  void whatIsNoFramedObservationIsRefusedWithItsBytes() throws SchemaRegistryException {
    byte[] good = pages(full(8));
    byte[] wrongMagic = good.clone();
    wrongMagic[0] = 1;
    byte[] unknownSchema = good.clone();
    unknownSchema[1] = 0x7f;
    assertRefused(KEY, wrongMagic, "magic");
    assertRefused(KEY, unknownSchema, "no schema has id");
    assertRefused(KEY, new byte[3], "at least 5 bytes");
    assertRefused(KEY, null, "no value");
    for (int length = 5; length < good.length; length += 97) {
      assertRefused(KEY, Arrays.copyOf(good, length), "");
    }
  }

  @Test
  void whatContradictsTheContractIsRefusedWithItsReason() throws SchemaRegistryException {
    assertRefused("vm-2".getBytes(StandardCharsets.UTF_8), pages(full(8)), "as the key");
    assertRefused(null, pages(full(8)), "no key");
    assertRefused(KEY, pages(full(1L << 40)), "2^40-1");
    assertRefused(KEY, pages(full(-1)), "2^40-1");
    assertRefused(KEY, pages(full(8), full(8)), "once");
    assertRefused(KEY, pages(full(8, PAGE, PageDigest.ZERO)), "digest");
    assertRefused(KEY, pages(full(8, new byte[9], PageDigest.ZERO)), "4096 payload bytes");
    assertRefused(KEY, framed("vm-1", -1, new LifeCycle(LifeCycleEvent.STARTED, "")), "sequence");
    assertRefused(
        "a\nb".getBytes(StandardCharsets.UTF_8),
        framed("a\nb", 0, new LifeCycle(LifeCycleEvent.STARTED, "")),
        "control characters");
  }
}
