package io.plumbline.signaturestore.announce;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.signaturestore.keep.EnrolledSignatures;
import io.plumbline.signaturestore.keep.SignatureBodies;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the announcements so far say. The same announcements in any order, any of them repeated, say
 * the same.
 */
public final class AnnouncedSignatures {
  /** Before anything was announced. */
  public static final AnnouncedSignatures NONE = new AnnouncedSignatures(Map.of());

  private final Map<SignatureId, Announcement> newest;

  private AnnouncedSignatures(Map<SignatureId, Announcement> newest) {
    this.newest = newest;
  }

  /** These and one more announcement. */
  public AnnouncedSignatures with(Announcement announcement) {
    Map<SignatureId, Announcement> merged = new HashMap<>(newest);
    merged.merge(
        announcement.id(),
        announcement,
        (known, other) -> Announcement.PRECEDENCE.compare(known, other) >= 0 ? known : other);
    return new AnnouncedSignatures(Map.copyOf(merged));
  }

  /** Those that may be used, ascending by id. */
  public List<SignatureId> usable() {
    return newest.values().stream()
        .filter(each -> !each.revoked())
        .map(Announcement::id)
        .sorted((a, b) -> a.value().compareTo(b.value()))
        .toList();
  }

  /**
   * The book of those that may be used.
   *
   * @throws IOException if one cannot be fetched
   */
  public EnrolledSignatures book(SignatureBodies bodies) throws IOException {
    List<KernelSignature> signatures = new ArrayList<>();
    for (SignatureId id : usable()) {
      signatures.add(bodies.outline(id));
    }
    return EnrolledSignatures.of(signatures);
  }
}
