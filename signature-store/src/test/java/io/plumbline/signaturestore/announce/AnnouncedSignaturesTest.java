package io.plumbline.signaturestore.announce;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.signaturestore.keep.EncodedSignature;
import io.plumbline.signaturestore.keep.RandomSignature;
import io.plumbline.signaturestore.keep.SignatureBodies;
import io.plumbline.signaturestore.keep.SignatureCodec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AnnouncedSignaturesTest {
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  private final Map<SignatureId, byte[]> files = new HashMap<>();
  private final SignatureBodies bodies = id -> new ByteArrayInputStream(files.get(id));

  @Test
  void announcementsInAnyOrderGiveTheSameBook() throws IOException {
    Announcement kept = announced(1);
    Announcement revoked = announced(2);
    Announcement reinstated = announced(3);
    Announcement revokedAtOnce = announced(4);
    List<Announcement> all =
        new ArrayList<>(
            List.of(
                kept,
                kept,
                revoked,
                revoked.revokedAt(NOON.plusSeconds(1)),
                reinstated.revokedAt(NOON.minusSeconds(1)),
                reinstated,
                revokedAtOnce,
                revokedAtOnce.revokedAt(NOON)));
    List<SignatureId> expected = ids(book(all));
    assertThat(expected).containsExactlyInAnyOrder(kept.id(), reinstated.id());

    for (long seed = 0; seed < 200; seed++) {
      Collections.shuffle(all, new Random(seed));
      assertThat(ids(book(all))).as("seed " + seed).isEqualTo(expected);
    }
  }

  private List<KernelSignature> book(List<Announcement> announcements) throws IOException {
    AnnouncedSignatures known = AnnouncedSignatures.NONE;
    for (Announcement each : announcements) {
      known = known.with(each);
    }
    return known.book(bodies).signatures();
  }

  private static List<SignatureId> ids(List<KernelSignature> signatures) {
    return signatures.stream().map(KernelSignature::id).toList();
  }

  private Announcement announced(long seed) {
    EncodedSignature encoded = SignatureCodec.encode(RandomSignature.of(seed, 100));
    files.put(encoded.id(), encoded.file());
    return Announcement.of(encoded, URI.create("file:/signatures/" + seed), NOON);
  }
}
