package io.plumbline.signaturestore.announce.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.schemas.wire.RecordCodec;
import io.plumbline.schemas.wire.WireFormatException;
import io.plumbline.signaturestore.announce.Announcement;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

class SignatureAnnouncerTest {
  private static final Announcement ANNOUNCEMENT =
      new Announcement(
          new SignatureId("sha256:" + "ab".repeat(32)),
          new BuildName("Linux", "6.1.0-50-cloud-amd64", "6.1.176-1"),
          1,
          URI.create("s3://bucket/sha256/ab/cd.plsig"),
          4_000_000,
          new long[] {Long.MIN_VALUE, -7, 0, 7, Long.MAX_VALUE},
          Instant.parse("2026-11-01T12:00:00.123456Z"),
          true);

  private final RecordCodec<io.plumbline.schemas.SignatureAnnouncement> codec =
      new RecordCodec<>(Contract.SIGNATURE, new EmbeddedSchemaRegistry());

  @Test
  void whatIsAnnouncedIsReadFromTheTopicUnderItsKey() throws Exception {
    try (MockProducer<String, byte[]> kafka =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());
        SignatureAnnouncer announcer =
            new SignatureAnnouncer(
                kafka, "broker:9092", Duration.ofSeconds(1), new EmbeddedSchemaRegistry())) {
      announcer.announce(ANNOUNCEMENT);

      ProducerRecord<String, byte[]> sent = kafka.history().get(0);
      assertThat(sent.topic()).isEqualTo("plumbline.signatures");
      assertThat(sent.key()).isEqualTo(ANNOUNCEMENT.id().value());
      assertThat(AnnouncementMapping.fromRecord(sent.key(), codec.decode(sent.value())))
          .usingRecursiveComparison()
          .isEqualTo(ANNOUNCEMENT);
    }
  }

  @Test
  void anUnreachableBrokerIsNamed() throws Exception {
    try (SignatureAnnouncer announcer =
        new SignatureAnnouncer(
            "127.0.0.1:1", Duration.ofMillis(500), new EmbeddedSchemaRegistry())) {
      assertThatThrownBy(() -> announcer.announce(ANNOUNCEMENT))
          .isInstanceOf(AnnounceException.class)
          .hasMessageContaining("kafka at 127.0.0.1:1")
          .hasMessageContaining(ANNOUNCEMENT.id().value())
          .hasMessageContaining("500 ms");
    }
  }

  @Test
  void aRecordUnderAnothersKeyIsRefused() {
    assertThatThrownBy(
            () ->
                AnnouncementMapping.fromRecord(
                    "sha256:other", AnnouncementMapping.toRecord(ANNOUNCEMENT)))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("found sha256:other");
  }

  @Test
  void aRecordWithAnImpossibleIdIsRefused() {
    var record = AnnouncementMapping.toRecord(ANNOUNCEMENT);
    record.put("signature", "sha256:short");

    assertThatThrownBy(() -> AnnouncementMapping.fromRecord("sha256:short", record))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("expected sha256: and 64 hex digits");
  }
}
