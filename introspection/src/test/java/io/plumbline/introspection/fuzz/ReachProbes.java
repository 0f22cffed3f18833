package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.reach.CodeMemory;
import io.plumbline.introspection.reach.ConsultedFrames;
import io.plumbline.introspection.reach.DataBudget;
import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.reach.Measurement;
import io.plumbline.introspection.reach.PlausiblePointers;
import io.plumbline.introspection.reach.ReachStep;
import java.util.List;
import java.util.Optional;

/** What follows control flow. */
enum ReachProbes implements Probe {
  /** Roots and code of all vCPUs. */
  KERNEL {
    @Override
    public String look(HostileGuest guest, FuzzBounds bounds, boolean again) {
      GuestKernel.Sight sight = sight(guest, bounds.budget());
      Law.holds(
          sight.kernel().isPresent() == sight.reason().isEmpty(),
          () -> "a kernel or a reason, not both: " + sight.reason());
      return sight.kernel().map(kernel -> keepsTo(bounds.budget(), kernel)).orElse("none");
    }

    private String keepsTo(ExplorationBudget budget, GuestKernel kernel) {
      CodeMemory code = kernel.code();
      Law.holds(code.bytes() <= budget.codeBytes(), () -> "code bytes " + code.bytes());
      Law.holds(
          code.budgetExhausted() || code.bytes() <= kernel.executable().kernelBytes(),
          () -> "more code than is executable");
      return code.bytes() >= budget.codeBytes() ? "code bytes" : "";
    }
  },

  /** All that direct control flow reaches from the roots, and its measurement. */
  EXPLORATION {
    @Override
    public String look(HostileGuest guest, FuzzBounds bounds, boolean again) {
      Optional<GuestKernel> seen = sight(guest, bounds.budget()).kernel();
      if (seen.isEmpty()) {
        return "";
      }
      GuestKernel kernel = seen.get();
      Exploration all =
          Exploration.from(kernel.entries(), kernel.code(), kernel.mode(), bounds.budget());
      Law.holds(
          all.instructions() <= bounds.budget().instructions(),
          () -> "instructions " + all.instructions());
      Law.holds(
          all.directBytes() <= kernel.code().bytes(), () -> "bytes followed " + all.directBytes());
      Law.holds(all.tables().size() <= bounds.budget().tables(), () -> "tables " + all.tables());
      Measurement measured = all.measure();
      Law.holds(
          measured.functionDigests().length == all.functionCount(), () -> "functions and digests");
      if (again && !all.budgetExhausted()) {
        Exploration more =
            Exploration.from(
                kernel.entries(), kernel.code(), kernel.mode(), bounds.times(8).budget());
        Law.holds(
            more.instructions() == all.instructions()
                && List.copyOf(more.tables()).equals(List.copyOf(all.tables()))
                && more.measure().digest().equals(measured.digest()),
            () -> "a larger budget reaches more than was told: " + all.instructions());
      }
      return bound(all, bounds.budget());
    }

    private String bound(Exploration all, ExplorationBudget budget) {
      if (!all.budgetExhausted()) {
        return "";
      }
      if (all.instructions() >= budget.instructions()) {
        return "instructions";
      }
      if (all.blocks() >= budget.blocks()) {
        return "blocks";
      }
      return all.tables().size() >= budget.tables() ? "tables" : "what was swept";
    }
  },

  /** All that code and data lead to from the roots, of a kernel that nobody knows. */
  FIXPOINT {
    @Override
    public String look(HostileGuest guest, FuzzBounds bounds, boolean again) {
      Optional<GuestKernel> seen = sight(guest, bounds.budget()).kernel();
      if (seen.isEmpty()) {
        return "";
      }
      GuestKernel kernel = seen.get();
      DataBudget data = bounds.budget().data();
      Fixpoint all = fixpoint(kernel, bounds.budget());
      long last = 0;
      for (ReachStep step : ReachStep.values()) {
        Fixpoint.Reached then = all.reached().get(step);
        Law.holds(then.bytes() >= last, () -> "less after " + step);
        Law.holds(then.objects() <= data.objects(), () -> "objects " + then.objects());
        Law.holds(
            then.instructions() <= bounds.budget().instructions(),
            () -> "instructions " + then.instructions());
        last = then.bytes();
      }
      Law.holds(all.dataPages() <= data.pages(), () -> "pages of data " + all.dataPages());
      Law.holds(all.bytes() <= kernel.code().bytes(), () -> "bytes followed " + all.bytes());
      if (again && !all.budgetExhausted()) {
        Fixpoint more = fixpoint(kernel, bounds.times(8).budget());
        Law.holds(
            more.reached().equals(all.reached()),
            () -> "a larger budget reaches more than was told: " + all.reached());
      }
      return all.budgetExhausted() ? "a bound" : "";
    }

    private Fixpoint fixpoint(GuestKernel kernel, ExplorationBudget budget) {
      Fixpoint all =
          Fixpoint.of(
              kernel.entries(),
              kernel,
              (region, at, length) -> true,
              new PlausiblePointers(kernel),
              budget);
      Law.holds(
          all.budgetExhausted() || !kernel.code().budgetExhausted(),
          () -> "the code was cut off, and the fixpoint does not say so");
      return all;
    }
  },

  /** What a collector would send. */
  CONSULTED_FRAMES {
    @Override
    public String look(HostileGuest guest, FuzzBounds bounds, boolean again) {
      ConsultedFrames.of(guest.memory(), guest.vcpus(), bounds.budget());
      return "";
    }
  };

  private static GuestKernel.Sight sight(HostileGuest guest, ExplorationBudget budget) {
    return GuestKernel.of(guest.memory(), guest.vcpus(), budget);
  }
}
