package io.plumbline.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.schemas.DeadLetter;
import io.plumbline.schemas.Observation;
import io.plumbline.schemas.PageChange;
import io.plumbline.schemas.PageDeltas;
import io.plumbline.schemas.PageEncoding;
import io.plumbline.schemas.Sha256;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordCodecTest {
  private final SchemaRegistry registry = new EmbeddedSchemaRegistry();
  private final RecordCodec<Observation> codec = new RecordCodec<>(Contract.OBSERVATION, registry);

  @Test
  void aFrameIsAZeroByteTheSchemaNumberBigEndianAndTheRecord() throws Exception {
    byte[] framed = codec.encode(observation());
    int number = ByteBuffer.wrap(framed, 1, Integer.BYTES).getInt();
    assertThat(framed[0]).isZero();
    assertThat(registry.byId(number)).isEqualTo(Observation.getClassSchema());
    assertThat(ConfluentFraming.schemaId(framed)).isEqualTo(number);
  }

  @Test
  void capturedAtKeepsItsMicroseconds() throws Exception {
    assertThat(codec.decode(codec.encode(observation())).getCapturedAt())
        .isEqualTo(Instant.parse("2026-11-23T22:00:00.123456Z"));
  }

  @Test
  void tooFewBytesForAHeaderAreRefused() {
    assertThatThrownBy(() -> codec.decode(new byte[4]))
        .isInstanceOf(WireFormatException.class)
        .hasMessage("framed record: expected at least 5 bytes, found 4");
  }

  @Test
  void anotherMagicByteIsRefused() {
    assertThatThrownBy(() -> codec.decode(new byte[] {0x7f, 0, 0, 0, 1, 0}))
        .isInstanceOf(WireFormatException.class)
        .hasMessage("framed record: expected magic byte 0x00, found 0x7f");
  }

  @Test
  void aSchemaThatNobodyKnowsIsRefused() {
    assertThatThrownBy(() -> codec.decode(ConfluentFraming.frame(77, new byte[3])))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContainingAll("plumbline.observations", "no schema has id 77");
  }

  @Test
  void anotherTopicsRecordIsRefused() throws Exception {
    DeadLetter letter =
        DeadLetter.newBuilder()
            .setTopic("t")
            .setPartition(1)
            .setOffset(2)
            .setRecordTimestamp(3)
            .setReason("r")
            .build();
    byte[] framed = new RecordCodec<>(Contract.DEAD_LETTER, registry).encode(letter);
    assertThatThrownBy(() -> codec.decode(framed))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContainingAll("plumbline.observations", "schema 7");
  }

  @Test
  void bytesAfterTheRecordAreRefused() throws Exception {
    byte[] framed = codec.encode(observation());
    assertThatThrownBy(() -> codec.decode(Arrays.copyOf(framed, framed.length + 1)))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("to end with the record");
  }

  @Test
  void everyTruncationIsRefused() throws Exception {
    byte[] framed = codec.encode(observation());
    for (int length = 0; length < framed.length; length++) {
      byte[] cut = Arrays.copyOf(framed, length);
      assertThatThrownBy(() -> codec.decode(cut))
          .as("cut to %d bytes", length)
          .isInstanceOf(WireFormatException.class);
    }
  }

  @Test
  void everyFlippedBitYieldsARecordOrARefusalAndNothingElse() throws Exception {
    byte[] framed = codec.encode(observation());
    int refused = 0;
    int read = 0;
    for (int bit = 0; bit < framed.length * 8; bit++) {
      byte[] flipped = framed.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        codec.decode(flipped);
        read++;
      } catch (WireFormatException e) {
        refused++;
      }
    }
    assertThat(refused).as("flips of the header alone are 40").isGreaterThan(40);
    assertThat(read).as("flips inside names and digests").isGreaterThan(256);
    assertThat(codec.decode(framed)).as("after all that").isEqualTo(observation());
  }

  @ParameterizedTest
  @ValueSource(longs = {1_000_000, Integer.MAX_VALUE - 8, Long.MAX_VALUE})
  void anAnnouncedArrayLengthAllocatesNothing(long announced) throws Exception {
    assertAllocatesLittle(hostile(announced, false));
  }

  @ParameterizedTest
  @ValueSource(longs = {1_000_000, 400_000_000, Integer.MAX_VALUE - 8, Long.MAX_VALUE})
  void anAnnouncedPayloadLengthAllocatesNothing(long announced) throws Exception {
    assertAllocatesLittle(hostile(announced, true));
  }

  private void assertAllocatesLittle(byte[] framed) {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> codec.decode(framed)).isInstanceOf(WireFormatException.class);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before)
        .as("bytes allocated for a record of %d bytes", framed.length)
        .isLessThan(16 << 20);
  }

  private static byte[] hostile(long announced, boolean inPayload) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    encoder.writeString("vm-1");
    encoder.writeString("host-1");
    encoder.writeLong(1);
    encoder.writeLong(0);
    encoder.writeLong(0);
    encoder.writeIndex(0); // the body is PageDeltas
    encoder.writeLong(0);
    encoder.writeBoolean(false);
    if (inPayload) {
      encoder.writeLong(1); // one page in the block
      encoder.writeLong(7);
      encoder.writeEnum(0);
    }
    encoder.writeLong(announced);
    encoder.flush();
    return ConfluentFraming.frame(1, bytes.toByteArray());
  }

  private static Observation observation() {
    byte[] payload = "payload".getBytes(StandardCharsets.UTF_8);
    PageChange change =
        new PageChange(
            0x1000L, PageEncoding.PATCH, ByteBuffer.wrap(payload), new Sha256(new byte[32]));
    return new Observation(
        "vm-1",
        "host-1",
        1L,
        2L,
        Instant.parse("2026-11-23T22:00:00.123456Z"),
        new PageDeltas(0L, false, List.of(change), List.of()));
  }
}
