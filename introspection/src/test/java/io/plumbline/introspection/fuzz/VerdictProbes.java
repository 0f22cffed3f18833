package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.ConsultedFrames;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.Naming;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The judge, who knows a build from its package and one from known-good guests. */
enum VerdictProbes implements Probe {
  /** Identity, trust and findings. */
  VERDICT {
    @Override
    public String look(HostileGuest guest, FuzzBounds bounds, boolean again) {
      Verdict verdict = judge(bounds).judge(asked(guest), KnownBuilds.BOOK);
      boolean clean =
          verdict.identity().state() == Identity.State.EXACT && verdict.blindSpots().isEmpty();
      Law.holds(
          clean || verdict.trust() != TrustState.TRUSTED,
          () -> "trusted, although not all was seen and explained: " + verdict);
      if (again) {
        Verdict second = judge(bounds).judge(asked(guest), KnownBuilds.BOOK);
        Law.holds(second.equals(verdict), () -> "two verdicts: " + verdict + " and " + second);
        isNotTrustedUnseen(guest, bounds, verdict);
        isNotTrustedForWhatWasNotSent(guest, bounds, verdict);
      }
      return verdict.identity().state() + " and " + verdict.trust();
    }

    /**
     * What a collector leaves out makes no guest better. The exception is data that only evidence
     * is looked for in, and that is not sent (decision 0040): that there was too much of it is not
     * seen where it is not.
     */
    private void isNotTrustedForWhatWasNotSent(
        HostileGuest guest, FuzzBounds bounds, Verdict verdict) {
      if (verdict.blindSpots().stream().anyMatch(each -> each.contains("not all data"))) {
        return;
      }
      Set<FrameNumber> sent = ConsultedFrames.of(guest.memory(), guest.vcpus(), bounds.budget());
      PageSource received =
          frame -> sent.contains(frame) ? guest.memory().read(frame) : Optional.empty();
      Verdict remote =
          judge(bounds).judge(new Guest("vm", received, guest.vcpus()), KnownBuilds.BOOK);
      Law.holds(
          remote.trust() != TrustState.TRUSTED || verdict.trust() == TrustState.TRUSTED,
          () -> "trusted by what was sent: " + remote + " and not by all: " + verdict);
    }

    private void isNotTrustedUnseen(HostileGuest guest, FuzzBounds bounds, Verdict verdict) {
      Optional<GuestKernel> kernel =
          GuestKernel.of(guest.memory(), guest.vcpus(), bounds.budget()).kernel();
      boolean unseen =
          kernel.isEmpty()
              || kernel.get().code().budgetExhausted()
              || kernel.get().executable().budgetExhausted()
              || !kernel.get().executable().unreadable().isEmpty()
              || !kernel.get().code().unreadablePages().isEmpty()
              || !kernel.get().missing().isEmpty();
      Law.holds(!unseen || !verdict.blindSpots().isEmpty(), () -> "nothing said of it: " + verdict);
    }
  },

  /** The build alone. */
  IDENTITY {
    @Override
    public String look(HostileGuest guest, FuzzBounds bounds, boolean again) {
      Naming naming = judge(bounds).identify(asked(guest), KnownBuilds.BOOK);
      Law.holds(
          naming.identity().build().isPresent()
              == (naming.identity().state() != Identity.State.UNKNOWN),
          () -> "a name or none: " + naming);
      if (again && naming.identity().state() != Identity.State.EXACT) {
        boolean cut =
            GuestKernel.of(guest.memory(), guest.vcpus(), bounds.budget())
                .kernel()
                .map(kernel -> kernel.code().budgetExhausted())
                .orElse(false);
        Law.holds(!cut || !naming.reasons().isEmpty(), () -> "no reason told: " + naming);
      }
      return naming.identity().state().name();
    }
  };

  /** What the judge makes of a template before anything is done to it. */
  static String stateOfUnchanged(GuestTemplate template) {
    Guest guest = new Guest("vm", new HostileMemory(template.content()), List.of(template.vcpu()));
    return judge(FuzzBounds.STANDARD).judge(guest, KnownBuilds.BOOK).identity().state().name();
  }

  private static KernelJudge judge(FuzzBounds bounds) {
    return KnownBuilds.judge(new JudgeSettings(bounds.budget(), OptionalInt.empty(), false));
  }

  private static Guest asked(HostileGuest guest) {
    return new Guest("vm", guest.memory(), guest.vcpus());
  }
}
