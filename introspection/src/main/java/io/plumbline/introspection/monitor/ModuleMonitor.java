package io.plumbline.introspection.monitor;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Monitor;
import io.plumbline.introspection.trust.Observation;
import io.plumbline.introspection.trust.Observations;
import io.plumbline.introspection.trust.TrustedKernel;
import io.plumbline.introspection.verify.module.ModuleVerification;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The kernel's list of modules against the modules that were found by their code, in both
 * directions: code of a module that the list does not have, and names in the list whose code is
 * another's or nobody's. Code in the modules' area of no owner is told by the judge.
 */
public final class ModuleMonitor implements Monitor {
  @Override
  public String watches() {
    return "the list of modules";
  }

  @Override
  public void observe(TrustedKernel kernel, Observations observations) {
    OptionalLong head = ListedModules.head(kernel);
    boolean modulesAreKnown = kernel.knowsAllModules() || !kernel.modules().isEmpty();
    if (head.isEmpty() || !modulesAreKnown) {
      return; // nothing to hold the list against
    }
    ListedModules listed = ListedModules.of(kernel, head.getAsLong());
    if (!listed.cutOff().isEmpty()) {
      observations.notSeen("the kernel's list of modules " + listed.cutOff());
    }
    Map<Long, ModuleVerification> found = new HashMap<>();
    kernel.modules().forEach(module -> found.put(module.address(), module));
    Set<Long> texts = new HashSet<>();
    int field = listed.textField();
    for (ListedModules.Entry entry : listed.entries()) {
      OptionalLong text = field < 0 ? OptionalLong.empty() : kernel.word(entry.record() + field);
      text.ifPresent(texts::add);
      if (entry.live() && text.isPresent()) {
        named(kernel, entry, text.getAsLong(), Optional.ofNullable(found.get(text.getAsLong())))
            .ifPresent(observations::add);
      }
    }
    if (listed.cutOff().isEmpty()) {
      kernel.modules().stream()
          .filter(module -> !texts.contains(module.address()))
          .forEach(module -> observations.add(unlisted(module)));
    }
  }

  /** A name whose code is another's, or nobody's although all modules are known. */
  private static Optional<Observation> named(
      TrustedKernel kernel,
      ListedModules.Entry entry,
      long text,
      Optional<ModuleVerification> module) {
    boolean same =
        module.isPresent()
            ? module.get().names().stream().anyMatch(name -> isSame(name, entry.name()))
            : !kernel.knowsAllModules() || kernel.executable().kernelRangeAt(text).isEmpty();
    if (same) {
      return Optional.empty();
    }
    return Optional.of(
        module(text, "module " + entry.name())
            .ownedBy(module.map(ModuleVerification::owner).orElse("unknown"))
            .butFound(
                "code of module " + entry.name(),
                module
                    .map(found -> "code of " + found.owner())
                    .orElse("code of no module of the build")));
  }

  private static Observation unlisted(ModuleVerification module) {
    return module(module.address(), module.owner())
        .ownedBy(module.owner())
        .butFound("in the kernel's list of modules", "code of a module that is not in the list");
  }

  private static Observation module(long text, String symbol) {
    return Observation.of(
            FindingType.UNEXPECTED_KERNEL_MODULE, 0, new GuestVirtualAddress(text), symbol)
        .at(symbol);
  }

  /** Files are named with dashes where modules are with underscores (scripts/Makefile.lib). */
  private static boolean isSame(String one, String other) {
    return one.replace('-', '_').equals(other.replace('-', '_'));
  }
}
