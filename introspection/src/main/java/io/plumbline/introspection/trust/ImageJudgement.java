package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.ImageBook;
import io.plumbline.introspection.golden.image.ImageSignature;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.verify.image.Deviation;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.image.OtherCode;
import io.plumbline.introspection.verify.image.Workspace;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tries the images of a book on a guest: of those that lie where the roots say, the one that leaves
 * the fewest bytes unexplained. Verifiers are made once per image and shared by all threads.
 */
final class ImageJudgement {
  /**
   * A guest held against an image.
   *
   * @param identity exact only if every byte is explained
   */
  record Held(ImageVerifier verifier, ImageVerification seen, Identity identity) {}

  private final Map<SignatureId, ImageVerifier> verifiers = new ConcurrentHashMap<>();
  private final ThreadLocal<Workspace> workspaces = ThreadLocal.withInitial(Workspace::new);

  /** The image that explains most; empty if none lies in the guest. */
  Optional<Held> of(Guest guest, GuestKernel kernel, ImageBook book) {
    Held best = null;
    for (ImageSignature signature : book.images()) {
      ImageVerifier verifier =
          verifiers.computeIfAbsent(signature.id(), id -> new ImageVerifier(signature.image()));
      OptionalLong slide = verifier.slide(kernel.roots(), kernel.space());
      if (slide.isEmpty()) {
        continue;
      }
      ImageVerification seen =
          verifier.verify(
              slide.getAsLong(),
              kernel.space(),
              guest.memory(),
              kernel.executable(),
              OtherCode.NONE,
              workspaces.get());
      if (best == null || seen.unexplainedBytes() < best.seen.unexplainedBytes()) {
        best = new Held(verifier, seen, identity(signature, seen));
      }
    }
    return Optional.ofNullable(best);
  }

  private static Identity identity(ImageSignature signature, ImageVerification seen) {
    int functions =
        (int)
                seen.deviations().stream()
                    .map(Deviation::symbol)
                    .map(symbol -> symbol.replaceAll("\\+.*", ""))
                    .distinct()
                    .count()
            + seen.droppedDeviations();
    return new Identity(
        seen.explainsEveryByte() ? Identity.State.EXACT : Identity.State.NEAREST,
        Optional.of(signature.image().name()),
        Optional.of(signature.id()),
        0,
        seen.slide(),
        functions,
        Optional.empty());
  }
}
