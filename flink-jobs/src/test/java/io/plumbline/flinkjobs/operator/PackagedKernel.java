package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.RelocatedPages;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.trust.Judge;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A small kernel that is known from its package, guests that run it, and the production judge. */
final class PackagedKernel implements SharedImages {
  static final String ONE = "sha256:" + "1".repeat(64);
  static final String OTHER = "sha256:" + "2".repeat(64);

  private final KernelImage image = SyntheticImage.classic().image();

  /** Signatures whose bodies cannot be read. */
  final Set<String> missing = new HashSet<>();

  static Judge judge() {
    return new KernelJudge(
        new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), false), () -> 0);
  }

  PackageSignature signature(String id) {
    return new PackageSignature(new SignatureId(id), image, new long[0]);
  }

  static SignatureEntry entry(String id, boolean revoked) {
    return new SignatureEntry(id, "synthetic", "mem:", revoked, new Origin("signatures", 0, 0, -1));
  }

  static SyntheticGuest guest() {
    return guest(SyntheticImage.classic());
  }

  static SyntheticGuest guest(SyntheticImage image) {
    return image.guest(SyntheticGuest.longMode());
  }

  /** A guest one instruction of which is not the build's. */
  static SyntheticGuest tampered() {
    return guest(SyntheticImage.classic().withText("asm_exc_page_fault", 1, 0x90));
  }

  @Override
  public Optional<RelocatedPages> of(String signature) throws IOException {
    if (missing.contains(signature)) {
      throw new IOException("mem:: expected the file of " + signature + ", found none");
    }
    return Optional.of(RelocatedPages.of(image));
  }
}
