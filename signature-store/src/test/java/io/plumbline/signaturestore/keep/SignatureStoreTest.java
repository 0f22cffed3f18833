package io.plumbline.signaturestore.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignatureStoreTest {
  @TempDir Path root;

  @Test
  void aFileIsNamedByItsContent() throws IOException {
    SignatureStore store = new SignatureStore(root);
    EncodedSignature kept = store.add(SignatureCodecTest.fixture());

    String hex = kept.id().value().substring("sha256:".length());
    Path file =
        root.resolve("sha256").resolve(hex.substring(0, 2)).resolve(hex.substring(2) + ".plsig");
    assertThat(file).isEqualTo(store.fileOf(kept.id())).hasBinaryContent(kept.file());
    assertThat(store.load(kept.id()).name()).isEqualTo(SignatureCodecTest.fixture().name());
  }

  @Test
  void addingTwiceIsAddingOnceAndLeavesNoDrafts() throws IOException {
    SignatureStore store = new SignatureStore(root);
    SignatureId first = store.add(SignatureCodecTest.fixture()).id();

    assertThat(store.add(SignatureCodecTest.fixture()).id()).isEqualTo(first);
    assertThat(store.ids()).containsExactly(first);
    try (Stream<Path> files = Files.walk(root)) {
      assertThat(files.filter(Files::isRegularFile)).containsExactly(store.fileOf(first));
    }
  }

  @Test
  void aDamagedFileIsRefusedAndAddingTheSignatureAgainMendsIt() throws IOException {
    SignatureStore store = new SignatureStore(root);
    SignatureId id = store.add(SignatureCodecTest.fixture()).id();
    Files.write(store.fileOf(id), new byte[] {1, 2, 3});

    assertThatThrownBy(store::book)
        .isInstanceOf(SignatureException.class)
        .hasMessageContaining(store.fileOf(id).toString())
        .hasMessageContaining("expected " + id);
    store.add(SignatureCodecTest.fixture());
    assertThat(store.book().signatures()).extracting(KernelSignature::id).containsExactly(id);
  }

  @Test
  void aSignatureIsFoundByIdByTheBeginningOfItAndByTheNameOfItsBuild() throws IOException {
    SignatureStore store = new SignatureStore(root);
    SignatureId wanted = store.add(SignatureCodecTest.fixture()).id();
    store.add(RandomSignature.of(1, 100));

    for (String reference :
        List.of(
            wanted.value(),
            wanted.value().substring(0, 20),
            wanted.value().substring(7, 20),
            "6.1.0-50-cloud-amd64",
            "6.1.0-50-cloud-amd64 6.1.176-1")) {
      assertThat(store.find(reference)).as(reference).isEqualTo(wanted);
    }
    assertThat(store.summary(wanted).images()).isEqualTo(3);
  }

  @Test
  void anAmbiguousOrUnknownReferenceIsRefusedWithTheChoices() throws IOException {
    SignatureStore store = new SignatureStore(root);
    assertThatThrownBy(() -> store.find("6.1"))
        .isInstanceOf(SignatureException.class)
        .hasMessageContaining("expected one, found 0; the store is empty");
    EnrolledSignature one = SignatureCodecTest.fixture();
    SignatureId first = store.add(one).id();
    SignatureId second = store.add(withImages(one, 4)).id();

    assertThatThrownBy(() -> store.find("6.1.0-50-cloud-amd64"))
        .isInstanceOf(SignatureException.class)
        .hasMessageContaining("expected one, found 2")
        .hasMessageContaining(first.value())
        .hasMessageContaining(second.value());
    assertThatThrownBy(() -> store.find("sha256:")).isInstanceOf(SignatureException.class);
  }

  @Test
  void theBookIsTheSameInWhateverOrderSignaturesCame(@TempDir Path other) throws IOException {
    SignatureStore forwards = new SignatureStore(root);
    SignatureStore backwards = new SignatureStore(other);
    for (int i = 0; i < 6; i++) {
      forwards.add(RandomSignature.of(i, 200));
      backwards.add(RandomSignature.of(5 - i, 200));
    }

    assertThat(forwards.book().signatures())
        .hasSize(6)
        .extracting(KernelSignature::id)
        .isEqualTo(backwards.book().signatures().stream().map(KernelSignature::id).toList());
    assertThat(forwards.list()).isEqualTo(backwards.list());
  }

  @Test
  void aRemovedSignatureIsGone() throws IOException {
    SignatureStore store = new SignatureStore(root);
    SignatureId id = store.add(SignatureCodecTest.fixture()).id();

    assertThat(store.remove(id)).isTrue();
    assertThat(store.remove(id)).isFalse();
    assertThat(store.ids()).isEmpty();
    assertThatThrownBy(() -> store.load(id))
        .isInstanceOf(SignatureException.class)
        .hasMessageContaining("expected the file of " + id + ", found none");
  }

  @Test
  void aStoreThatWasNeverUsedIsEmpty() throws IOException {
    assertThat(new SignatureStore(root.resolve("nowhere")).book().signatures()).isEmpty();
  }

  @Test
  void aBodyFromElsewhereIsVerifiedAndBounded() throws IOException {
    EncodedSignature encoded = SignatureCodec.encode(SignatureCodecTest.fixture());
    SignatureBodies good = id -> new ByteArrayInputStream(encoded.file());
    SignatureBodies endless =
        id ->
            new InputStream() {
              @Override
              public int read() {
                return 0;
              }

              @Override
              public int read(byte[] target, int offset, int length) {
                return length;
              }
            };

    assertThat(good.load(encoded.id()).id()).isEqualTo(encoded.id());
    assertThatThrownBy(() -> good.load(SignatureCodec.DRAFT))
        .isInstanceOf(SignatureException.class);
    assertThatThrownBy(() -> endless.load(encoded.id()))
        .isInstanceOf(SignatureException.class)
        .hasMessageContaining("expected at most");
  }

  private static EnrolledSignature withImages(EnrolledSignature from, int images) {
    return new EnrolledSignature(
        from.id(),
        from.name(),
        from.mode(),
        from.base(),
        from.roots(),
        from.code(),
        from.tables(),
        from.functionDigests(),
        from.symbols(),
        from.disagreements(),
        images);
  }
}
