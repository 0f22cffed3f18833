package io.plumbline.flinkjobs.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.IncomingSignature;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.schemas.SignatureAnnouncement;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.schemas.wire.RecordCodec;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignatureReaderTest {
  private static final Origin ORIGIN = new Origin("plumbline.signatures", 0, 17, 99);
  private static final String ID = "sha256:" + "ab".repeat(32);
  private static final byte[] KEY = ID.getBytes(StandardCharsets.UTF_8);

  private final EmbeddedSchemaRegistry registry = new EmbeddedSchemaRegistry();
  private final SignatureReader reader = new SignatureReader(registry);

  private byte[] announcement(String id, boolean revoked) throws SchemaRegistryException {
    return new RecordCodec<>(Contract.SIGNATURE, registry)
        .encode(
            SignatureAnnouncement.newBuilder()
                .setSignature(id)
                .setOs("Linux")
                .setBuild("6.1.0-50-cloud-amd64")
                .setVersion("6.1.176-1")
                .setFormatVersion(1)
                .setLocation("file:///signatures/ab")
                .setSizeBytes(5)
                .setIndex(List.of())
                .setAnnouncedAt(Instant.EPOCH)
                .setRevoked(revoked)
                .build());
  }

  @Test
  void anAnnouncementArrivesAsItWasMade() throws SchemaRegistryException {
    for (boolean revoked : new boolean[] {false, true}) {
      IncomingSignature incoming = reader.read(ORIGIN, KEY, announcement(ID, revoked));
      assertThat(incoming.refusal()).isNull();
      assertThat(incoming.entry())
          .isEqualTo(
              new SignatureEntry(
                  ID, "6.1.0-50-cloud-amd64", "file:///signatures/ab", revoked, ORIGIN));
    }
  }

  @Test
  void aRecordWithoutAValueRevokesTheSignatureOfItsKey() throws SchemaRegistryException {
    IncomingSignature incoming = reader.read(ORIGIN, KEY, null);
    assertThat(incoming.refusal()).isNull();
    assertThat(incoming.entry()).isEqualTo(new SignatureEntry(ID, "", "", true, ORIGIN));
  }

  @Test
  void whatIsNoAnnouncementIsRefusedWithItsBytes() throws SchemaRegistryException {
    byte[] good = announcement(ID, false);
    assertRefused(KEY, announcement("sha256:none", false));
    assertRefused("no id".getBytes(StandardCharsets.UTF_8), null);
    assertRefused(null, null);
    assertRefused(KEY, new byte[0]);
    for (int length = 1; length < good.length; length += 7) {
      assertRefused(KEY, Arrays.copyOf(good, length));
    }
  }

  private void assertRefused(byte[] key, byte[] value) throws SchemaRegistryException {
    IncomingSignature incoming = reader.read(ORIGIN, key, value);
    assertThat(incoming.entry()).isNull();
    assertThat(incoming.refusal().origin()).isEqualTo(ORIGIN);
    assertThat(incoming.refusal().reason()).isNotBlank();
    assertThat(incoming.refusal().key()).isEqualTo(key);
    assertThat(incoming.refusal().original()).isEqualTo(value);
  }
}
