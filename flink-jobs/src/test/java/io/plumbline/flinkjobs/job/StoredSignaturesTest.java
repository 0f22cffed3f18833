package io.plumbline.flinkjobs.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.flinkjobs.operator.ContentJudge;
import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageRelocations;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.PatchSites;
import io.plumbline.signaturestore.keep.SignatureCodec;
import io.plumbline.signaturestore.keep.SignatureException;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredSignaturesTest {
  @TempDir private Path folder;

  @Test
  void aSignatureOfTheStoreIsReadThroughFlinksFileSystem() throws IOException {
    SignatureId id = new SignatureStore(folder).add(ContentJudge.signatureOf(7)).id();
    var loaded = new StoredSignatures(folder.toUri()).load(id, "ignored:");
    assertThat(loaded.id()).isEqualTo(id);
    assertThat(loaded.name().build()).isEqualTo("build-7");
  }

  @Test
  void aPackagesSignatureIsReadTheSameWay() throws IOException {
    KernelImage image =
        new KernelImage(
            new BuildName("Linux", "packaged", "1"),
            "Linux version packaged",
            "",
            CodeMode.LONG_64,
            0xffffffff81000000L,
            List.of(new ImageSection(".text", 0, new byte[4096], true, false)),
            new ImageRelocations(new int[0], new int[0], new int[0]),
            new ImageSymbols(new long[] {0}, new byte[] {'T'}, List.of("_text")),
            new PatchSites(
                List.of(),
                new int[0],
                List.of(),
                new int[0],
                new int[0],
                new int[0],
                new int[0],
                List.of(),
                List.of(),
                List.of(),
                new int[0]));
    SignatureId id =
        new SignatureStore(folder)
            .add(new PackageSignature(SignatureCodec.DRAFT, image, new long[] {1, 2}))
            .id();
    var loaded = new StoredSignatures(folder.toUri()).load(id, "ignored:");
    assertThat(loaded).isInstanceOf(PackageSignature.class);
    assertThat(loaded.id()).isEqualTo(id);
    assertThat(loaded.functionDigests()).containsExactly(1, 2);
  }

  @Test
  void aBodyThatIsNotWhatItsNameSaysIsRefused() throws IOException {
    SignatureStore store = new SignatureStore(folder);
    SignatureId id = store.add(ContentJudge.signatureOf(7)).id();
    byte[] body = Files.readAllBytes(store.fileOf(id));
    body[body.length - 1] ^= 1;
    Files.write(store.fileOf(id), body);
    assertThatThrownBy(() -> new StoredSignatures(folder.toUri()).load(id, "ignored:"))
        .isInstanceOf(SignatureException.class)
        .hasMessageContaining(id.value().substring("sha256:".length()));
  }

  @Test
  void aMissingBodyIsAnErrorThatNamesThePlace() {
    SignatureId id = ContentJudge.idOf(8);
    assertThatThrownBy(() -> new StoredSignatures(folder.toUri()).load(id, "ignored:"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(folder.getFileName().toString());
  }
}
