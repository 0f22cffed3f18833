package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.RootCheck;
import io.plumbline.introspection.verify.image.StandingVerification;
import java.util.Collection;
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
  /** Explores a guest that was verified. */
  static ExploredImage of(
      GuestKernel kernel,
      KernelWithModules named,
      StandingVerification verified,
      ExplorationBudget budget) {
    RootCheck roots = named.kernel().roots(kernel);
    OtherExecutables others = new OtherExecutables(kernel, named, verified.seen());
    CodeTrust trust = new CodeTrust(named, others, verified);
    TrustedPointers pointers = new TrustedPointers(named, trust, others);
    Fixpoint fixpoint =
        Fixpoint.of(
            roots.legal().stream().map(HardwareRoot::target).distinct().toList(),
            kernel,
            (region, offset, length) -> trust.admits(region.start() + offset, length),
            pointers,
            budget);
    return new ExploredImage(kernel, named, roots, trust, pointers, fixpoint);
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
