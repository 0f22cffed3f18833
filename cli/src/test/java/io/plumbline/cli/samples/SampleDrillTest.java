package io.plumbline.cli.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.cli.sample.SampleGuest;
import io.plumbline.introspection.drill.Drill;
import io.plumbline.introspection.drill.DrillRow;
import io.plumbline.introspection.drill.Technique;
import io.plumbline.introspection.drill.Techniques;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.signaturestore.extract.kernel.KernelFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every rootkit technique on a real guest: two vCPUs, isolated page tables, no modules loaded and
 * none known. {@code samples/techniques.sh} does it on busy guests of three kernels.
 */
class SampleDrillTest {
  private static final String MODULES_UNKNOWN =
      "of a kernel whose modules are not known, data where modules lie is not followed";

  /** Techniques that are not found yet, and why. */
  private static final Map<String, String> UNDETECTED =
      Map.of("lsm-list", MODULES_UNKNOWN, "notifier-chain", MODULES_UNKNOWN);

  private static List<DrillRow> rows;

  @BeforeAll
  static void drill() throws Exception {
    Path folder = Samples.FOLDER;
    PackageSignature signature =
        KernelFile.signature(
            folder.resolve("kernels/5.10.0-32-cloud-amd64/vmlinux.xz"),
            new SignatureId("sha256:" + "0".repeat(64)),
            ExplorationBudget.STANDARD);
    JudgeSettings settings =
        new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), false);
    Drill drill =
        Drill.of(
            new KernelJudge(settings, System::nanoTime),
            SampleGuest.read(
                folder.resolve("guests/5.10.0-32-cloud-amd64/nehalem-2-pti.avro"),
                signature.image()),
            () -> List.of(signature),
            ExplorationBudget.STANDARD);
    assertThat(drill.baseline().trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(drill.baseline().findings()).isEmpty();
    rows = new ArrayList<>();
    Techniques.all().forEach(technique -> rows.add(drill.row(technique)));
  }

  @Test
  void everyTechniqueIsFoundAtItsPlaceAndNothingElseIsReported() {
    SoftAssertions all = new SoftAssertions();
    for (DrillRow row : rows) {
      if (!UNDETECTED.containsKey(row.technique().name())) {
        all.assertThat(row.missed()).as("missed of %s", row.technique().name()).isEmpty();
        all.assertThat(row.extra()).as("reported besides %s", row.technique().name()).isEmpty();
      }
    }
    all.assertAll();
  }

  @Test
  void whatIsSaidNotToBeFoundIsNot() {
    SoftAssertions all = new SoftAssertions();
    for (DrillRow row : rows) {
      if (UNDETECTED.containsKey(row.technique().name())) {
        all.assertThat(row.asExpected())
            .as("%s is found: take it off the list", row.technique().name())
            .isFalse();
      }
    }
    all.assertAll();
  }

  @Test
  void onlyWhatThisGuestDoesNotHaveIsLeftOut() {
    assertThat(rows.stream().filter(row -> !row.applicable()))
        .extracting(DrillRow::technique)
        .extracting(Technique::name)
        .containsExactly(
            "system-call-branch",
            "smep-off",
            "smap-off",
            "ftrace-ops",
            "kprobe-with-owner",
            "kprobe-handler",
            "module-text",
            "code-in-freed-initialisation",
            "unlinked-module",
            "module-writable");
  }

  @Test
  void theBuildIsNamedWhateverIsDoneToIt() {
    assertThat(rows.stream().filter(DrillRow::applicable))
        .allSatisfy(
            row ->
                assertThat(row.identity().orElseThrow().build().orElseThrow().build())
                    .as(row.technique().name())
                    .isEqualTo("5.10.0-32-cloud-amd64"));
  }
}
