package io.plumbline.flinkjobs.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.flinkjobs.operator.ContentJudge;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.signaturestore.keep.SignatureException;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
