package io.plumbline.cli.stage;

import io.plumbline.cli.kafka.Broker;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.signaturestore.announce.Announcement;
import io.plumbline.signaturestore.announce.publish.AnnounceException;
import io.plumbline.signaturestore.announce.publish.SignatureAnnouncer;
import io.plumbline.signaturestore.keep.EncodedSignature;
import io.plumbline.signaturestore.keep.SignatureCodec;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.time.Instant;

/** Tells a stream which signatures a folder holds. */
public final class Announcing {
  private Announcing() {}

  /**
   * Announces every signature of {@code store}, where it lies.
   *
   * @return how many
   */
  public static int announce(
      SignatureStore store, Broker broker, SchemaRegistry registry, Instant at)
      throws IOException, AnnounceException {
    int announced = 0;
    try (SignatureAnnouncer announcer =
        new SignatureAnnouncer(broker.address(), broker.patience(), registry)) {
      for (SignatureId id : store.ids()) {
        EncodedSignature encoded = SignatureCodec.encode(store.load(id));
        announcer.announce(Announcement.of(encoded, store.fileOf(id).toUri(), at));
        announced++;
      }
    }
    return announced;
  }
}
