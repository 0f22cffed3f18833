package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.flinkjobs.job.StoredSignatures;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.SignatureUnavailableException;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bodies of announced signatures, from a file system that only Flink knows. */
@SuppressWarnings(
    "try") // The harness' close may throw InterruptedException, which then ends the test.
class BodiesTest {
  private static final PackageSignature.Head HEAD =
      new PackageSignature.Head(
          new BuildName("Linux", "synthetic", "1"), CodeMode.LONG_64, 0, Optional.empty());

  @TempDir private Path folder;

  private AnalysisHarness harness() throws Exception {
    return harness(ContentJudge::new);
  }

  private AnalysisHarness harness(JudgeSource judges) throws Exception {
    URI root = URI.create(CountedFileSystem.SCHEME + "://" + folder.toUri().getPath());
    return new AnalysisHarness(judges, new StoredSignatures(root));
  }

  private int opened(SignatureStore store, SignatureId id) {
    return CountedFileSystem.opened(store.fileOf(id).getFileName().toString());
  }

  private static List<VmObservation> guestOf(String vm, int build) {
    return new CaptureScript(vm, 5).cleanSnapshot(build).observations();
  }

  @Test
  void aBodyIsReadOnceForAllInstancesOfTheProcess() throws Exception {
    SignatureStore store = new SignatureStore(folder);
    SignatureId id = store.add(ContentJudge.signatureOf(41)).id();
    List<AnalysisHarness> instances = new ArrayList<>();
    for (int instance = 0; instance < 4; instance++) {
      AnalysisHarness harness = harness();
      instances.add(harness);
      harness.open();
      harness.processBroadcastElement(PackagedKernel.entry(id.value(), false), 0);
      harness.observe(guestOf("vm-" + instance, 41));
      harness.observe(guestOf("vm-also-" + instance, 41));
    }

    for (AnalysisHarness harness : instances) {
      assertThat(harness.said(Outputs.IDENTITIES))
          .extracting(IdentityRecord::state)
          .containsExactly(Identity.State.EXACT, Identity.State.EXACT);
      harness.close();
    }
    assertThat(opened(store, id)).isEqualTo(1);
  }

  /**
   * The announcement's check, the verdict and the pages kept over the image rest on one reading.
   */
  @Test
  void aPackagesBodyIsOpenedOnceFromItsAnnouncementToTheVerdict() throws Exception {
    SignatureStore store = new SignatureStore(folder);
    SignatureId id = store.add(new PackagedKernel().signature(PackagedKernel.ONE)).id();
    try (AnalysisHarness harness = harness(PackagedKernel::judge)) {
      harness.open();
      harness.processBroadcastElement(PackagedKernel.entry(id.value(), false), 0);
      for (String vm : List.of("vm-1", "vm-2")) {
        CaptureScript script = new CaptureScript(vm, 100).capture(PackagedKernel.guest());
        harness.observe(script.capture(PackagedKernel.tampered()).observations());
      }
      assertThat(harness.said(Outputs.IDENTITIES))
          .extracting(IdentityRecord::signature)
          .isNotEmpty()
          .containsOnly(id.value());
    }
    assertThat(opened(store, id)).isEqualTo(1);
  }

  @Test
  void aDamagedBodyIsADeadLetterIsNotUsedAndIsReadOnceItIsWhole() throws Exception {
    SignatureStore store = new SignatureStore(folder);
    SignatureId id = store.add(ContentJudge.signatureOf(42)).id();
    byte[] body = Files.readAllBytes(store.fileOf(id));
    byte[] damaged = body.clone();
    damaged[damaged.length / 2] ^= 1;
    Files.write(store.fileOf(id), damaged);
    try (AnalysisHarness harness = harness()) {
      harness.open();
      harness.processBroadcastElement(PackagedKernel.entry(id.value(), false), 0);
      CaptureScript script = new CaptureScript("vm-1", 5).cleanSnapshot(42);
      harness.observe(script.observations());

      assertThat(harness.said(Outputs.DEAD_LETTERS))
          .singleElement()
          .extracting(Refusal::reason)
          .asString()
          .contains("expected " + id, "found sha256:");
      assertThat(harness.last(Outputs.IDENTITIES).state()).isEqualTo(Identity.State.UNKNOWN);
      assertThat(opened(store, id)).as("not asked again at once").isEqualTo(1);

      Files.write(store.fileOf(id), body);
      harness.processBroadcastElement(PackagedKernel.entry(id.value(), false), 0);
      assertThat(harness.last(Outputs.IDENTITIES).state()).isEqualTo(Identity.State.EXACT);
      harness.observe(script.patches(Map.of()).observations().subList(3, 5));
      assertThat(opened(store, id)).isEqualTo(2);
    }
  }

  @Test
  void bodiesAreReadFromALocalStoreByItsUri() throws Exception {
    SignatureId id = new SignatureStore(folder).add(ContentJudge.signatureOf(43)).id();
    try (AnalysisHarness harness =
        new AnalysisHarness(ContentJudge::new, new StoredSignatures(folder.toUri()))) {
      harness.open();
      harness.processBroadcastElement(PackagedKernel.entry(id.value(), false), 0);
      harness.observe(guestOf("vm-1", 43));
      assertThat(harness.last(Outputs.IDENTITIES).state()).isEqualTo(Identity.State.EXACT);
    }
  }

  @Test
  void anImageWhoseFileIsGoneSinceItsOutlineWasReadIsNotReadAndNotACrash() {
    SignatureId id = new SignatureId(PackagedKernel.ONE);
    SignatureSource outlineOnly =
        (wanted, location) -> PackageSignature.onDemand(wanted, HEAD, new GoneSource(wanted));
    LoadedImages images = new LoadedImages(outlineOnly, new LoadedSignatures(1));

    assertThatThrownBy(() -> images.of(id.value()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("gone");
  }

  private record GoneSource(SignatureId id) implements PackageSignature.Source {
    @Override
    public KernelImage image() {
      throw new SignatureUnavailableException(id, "gone", new IOException("gone"));
    }

    @Override
    public long[] functionDigests() {
      throw new SignatureUnavailableException(id, "gone", new IOException("gone"));
    }

    @Override
    public ModuleBook modules() {
      throw new SignatureUnavailableException(id, "gone", new IOException("gone"));
    }
  }
}
