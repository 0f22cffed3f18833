package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.identify.Shortlist;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.image.ImageClosure;
import io.plumbline.introspection.verify.image.ImageLibrary;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.module.ModuleLibrary;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/**
 * What the first verdict on a guest of a build needs of its package, derived before there is a
 * guest. Everything goes through the libraries that verdicts ask, and by the same calls, so that a
 * verdict cannot tell whether its build was prepared.
 *
 * <p>The libraries give back what nobody asked for in a while, even if memory is not short. What is
 * here stays as long as this is held: some 60 MiB.
 */
public final class PreparedBuild {
  private final PackageSignature build;

  @SuppressWarnings("unused") // Held, for the libraries to keep it.
  private final List<Object> derived;

  private PreparedBuild(PackageSignature build, List<Object> derived) {
    this.build = build;
    this.derived = derived;
  }

  /**
   * Prepares a build.
   *
   * @param signatures that its guests are told from
   * @param vectors that name its guests, the best first
   * @param budget of the judge, as a library keeps what the first who asks has explored
   */
  static PreparedBuild of(
      PackageSignature build,
      Collection<KernelSignature> signatures,
      List<Integer> vectors,
      ExplorationBudget budget,
      ImageLibrary library) {
    List<Object> derived = new ArrayList<>();
    derived.add(library.placement(build));
    ImageVerifier verifier = library.verifier(build);
    derived.add(verifier);
    derived.add(ModuleLibrary.ofThisProcess().index(build, verifier.layout()).unpackSmall());
    OptionalLong entry = namingEntry(verifier, vectors);
    if (entry.isPresent()) {
      ImageClosure closure = library.closure(build, entry.getAsLong(), budget);
      derived.add(closure);
      Shortlist.of(closure.digests(), PackagedBuild.others(build, signatures)).stream()
          .map(match -> match.signature().functionDigests())
          .forEach(derived::add);
    }
    derived.add(library.commons(build));
    return new PreparedBuild(build, derived);
  }

  /** The build. */
  public PackageSignature build() {
    return build;
  }

  /** The entry that names a guest in which nobody tampered with the gates. */
  private static OptionalLong namingEntry(ImageVerifier verifier, List<Integer> vectors) {
    return vectors.stream()
        .flatMap(vector -> verifier.entries().of(HardwareRoot.Kind.IDT_GATE, vector).stream())
        .mapToLong(Long::longValue)
        .findFirst();
  }
}
