package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.CommonReach;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.RootCheck;
import io.plumbline.introspection.verify.image.CommonReaches;
import io.plumbline.introspection.verify.image.GuestKind;
import io.plumbline.introspection.verify.image.KnownText;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.image.StandingVerification;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.MovedFields;
import io.plumbline.introspection.verify.patch.PatchedText;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;

/**
 * How the hardware gets through a guest whose build is known: from legal roots through code that is
 * as it must be and the data that such code uses. Kept as long as the guest is followed.
 *
 * @param trust which code is as it must be
 * @param pointers the rule that data is followed by
 */
record ExploredImage(
    GuestKernel kernel,
    KernelWithModules named,
    RootCheck roots,
    CodeTrust trust,
    TrustedPointers pointers,
    Fixpoint fixpoint) {
  /**
   * Explores a guest that was verified.
   *
   * @param commons what guests of the build have in common
   */
  static ExploredImage of(
      GuestKernel kernel,
      KernelWithModules named,
      StandingVerification verified,
      ExplorationBudget budget,
      CommonReaches commons) {
    RootCheck roots = named.kernel().roots(kernel);
    OtherExecutables others = new OtherExecutables(kernel, named, verified.seen());
    CodeTrust trust = new CodeTrust(named, others, verified);
    TrustedPointers pointers = new TrustedPointers(named, trust, others);
    List<GuestVirtualAddress> entries =
        roots.legal().stream().map(HardwareRoot::target).distinct().toList();
    PlacedImage placed = named.kernel();
    ImageLayout layout = placed.verifier().layout();
    CommonReach.Subject guest =
        new CommonReach.Subject(
            entries,
            kernel,
            trust,
            pointers,
            budget,
            new CommonReach.Place(placed.addressOf(0), layout.end()),
            verified::isDataAsLinked);
    Fixpoint fixpoint =
        commons.explore(
            () -> Fixpoint.of(entries, kernel, trust, pointers, budget),
            kind ->
                kind.reach()
                    .in(
                        guest,
                        otherText(verified, placed),
                        likeCode(verified, kind.text()),
                        commons.code()),
            () -> isOrdinary(roots, verified) ? kindOf(guest, verified, placed) : Optional.empty());
    return new ExploredImage(kernel, named, roots, trust, pointers, fixpoint);
  }

  /**
   * Whether a guest is as others of its build: one that is tampered with must not take the place of
   * what others have in common.
   */
  private static boolean isOrdinary(RootCheck roots, StandingVerification verified) {
    return roots.strays().isEmpty()
        && roots.unmapped().isEmpty()
        && verified.seen().explainsEveryByte();
  }

  /** Which pages of code are known to be like those of a kind. */
  private static LongPredicate likeCode(StandingVerification verified, Optional<KnownText> kind) {
    boolean isThatText = kind.isPresent() && kind.equals(verified.known());
    return isThatText ? verified::isLikeKnown : offset -> false;
  }

  private static Optional<GuestKind> kindOf(
      CommonReach.Subject guest, StandingVerification verified, PlacedImage placed) {
    ImageLayout layout = placed.verifier().layout();
    long start = placed.addressOf(layout.offsetOf(0));
    // A kind lasts, while the guest's code may change, or be given back.
    CommonReach.Subject lasting = guest.withCodeAsItIs();
    return lasting
        .kernel()
        .code()
        .regionAt(start)
        .filter(region -> region.contains(start + layout.textBytes() - 1))
        .map(
            region ->
                PatchedText.of(
                    layout,
                    placed.verifier().rules(),
                    region.bytes(),
                    region.offsetOf(start),
                    verified.seen().slide()))
        .flatMap(
            text ->
                CommonReach.of(lasting, new ImageText(layout, text.fields()))
                    .map(reach -> new GuestKind(reach, verified.asKnown(text))));
  }

  /** What the fields of the text of a kind tell of another guest's. */
  private record ImageText(ImageLayout layout, MovedFields fields)
      implements CommonReach.CodeLikeness {
    @Override
    public boolean areAlike(
        long offset, byte[] one, int at, byte[] other, int otherAt, long moved) {
      return layout.holdsText(offset)
          && fields.areAlike(layout.placeOf(offset), one, at, other, otherAt, moved);
    }

    @Override
    public void forEachField(long offset, CommonReach.FieldVisitor visitor) {
      int place = layout.placeOf(offset);
      if (layout.holdsText(offset)) {
        fields.forEach(place, visitor);
      } else if (place >= 0 && place < layout.verifiedBytes()) {
        layout.linked().fields().forEach(place, visitor);
      }
    }
  }

  /** Linear addresses of the pages of text that are not what they should be. */
  private static LongStream otherText(StandingVerification verified, PlacedImage placed) {
    ImageLayout layout = placed.verifier().layout();
    return verified.otherPages().stream()
        .map(page -> page * PageBytes.SIZE)
        .filter(at -> at < layout.textBytes())
        .mapToLong(at -> placed.addressOf(layout.offsetOf(at)));
  }

  /**
   * Takes in what changed, which was verified again and is in the code memory already.
   *
   * @param code linear addresses of pages of code
   * @return false if only a new exploration tells
   */
  boolean follow(LongStream code, Collection<FrameNumber> frames, PageSource guest) {
    trust.renew();
    return fixpoint.follow(code, frames, guest);
  }
}
