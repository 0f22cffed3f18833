package io.plumbline.cli.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.cli.sample.SampleGuest;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.MutationTable;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.signaturestore.extract.kernel.KernelFile;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A real guest against the signature of its kernel's package; nothing was enrolled. */
class PackagedSampleTest {
  private static final long SEED = 20_261_126;

  /** Changes of each class of byte; {@code PackageImagesTest} tries thousands. */
  private static final int MUTATIONS = 25;

  private static PackageSignature signature;
  private static Guest guest;

  @BeforeAll
  static void read() throws Exception {
    Path folder = Samples.FOLDER;
    SignatureId id = new SignatureId("sha256:" + "0".repeat(64));
    signature =
        KernelFile.signature(
            folder.resolve("kernels/5.10.0-32-cloud-amd64/vmlinux.xz"),
            id,
            ExplorationBudget.STANDARD);
    guest =
        SampleGuest.read(
            folder.resolve("guests/5.10.0-32-cloud-amd64/nehalem-2-pti.avro"), signature.image());
  }

  private static Verdict verdict(OptionalInt vector) {
    JudgeSettings settings = new JudgeSettings(ExplorationBudget.STANDARD, vector, false);
    return new KernelJudge(settings, System::nanoTime).judge(guest, () -> List.of(signature));
  }

  @Test
  void everyByteOfACleanGuestIsExplained() {
    Verdict verdict = verdict(OptionalInt.empty());
    assertThat(verdict.identity().state()).isEqualTo(Identity.State.EXACT);
    assertThat(verdict.identity().build().orElseThrow().build()).isEqualTo("5.10.0-32-cloud-amd64");
    assertThat(verdict.findings()).isEmpty();
    assertThat(verdict.blindSpots()).isEmpty();
    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(verdict.coverage().unaccountedBytes()).isZero();
    assertThat(verdict.coverage().verifiedBytes())
        .as("bytes of code that are not blank")
        .isEqualTo(verdict.coverage().textBytes())
        .isGreaterThan(9_000_000);
  }

  @Test
  void everyIllegalChangeIsFoundAtItsPlaceAndWithItsSymbol() {
    ImageVerifier verifier = new ImageVerifier(signature.image());
    SoftAssertions all = new SoftAssertions();
    List<MutationTable.Row> rows =
        new MutationTable(verifier, guest.memory(), guest.vcpus()).tried(SEED, MUTATIONS);
    for (MutationTable.Row row : rows) {
      all.assertThat(row.missed()).as(row.kind()).isEmpty();
    }
    all.assertThat(rows.stream().mapToInt(MutationTable.Row::found).sum()).isGreaterThan(500);
    all.assertAll();
  }
}
