package io.plumbline.cli.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.MovedFields;
import io.plumbline.introspection.verify.patch.PatchedText;
import io.plumbline.introspection.verify.patch.TypicalBoots;
import io.plumbline.signaturestore.extract.kernel.KernelFile;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Texts of a real kernel after usual boots: moved by its fields, one is what the same boot makes of
 * the kernel elsewhere. More kernels are looked at if the system property {@code plumbline.kernels}
 * or the environment variable {@code PLUMBLINE_KERNELS} names files, separated as in a class path.
 */
class MovedTextTest {
  private static final int PAGE = PageBytes.SIZE;
  private static final long HERE = 0x0240_0000;
  private static final long THERE = 0x3a60_0000;

  private static final Path SAMPLE =
      Samples.FOLDER.resolve("kernels/5.10.0-32-cloud-amd64/vmlinux.xz");

  private static List<Path> kernels() {
    List<Path> files = new ArrayList<>(List.of(SAMPLE));
    String named =
        System.getProperty(
            "plumbline.kernels", System.getenv().getOrDefault("PLUMBLINE_KERNELS", ""));
    Arrays.stream(named.split(File.pathSeparator))
        .map(Path::of)
        .filter(file -> file.toFile().isFile())
        .forEach(files::add);
    return files;
  }

  @Test
  void aPatchedTextMovedByItsFieldsIsWhatTheSameBootMakesOfTheKernelElsewhere() throws Exception {
    for (Path file : kernels()) {
      KernelImage image = KernelFile.read(file);
      ImageVerifier verifier = new ImageVerifier(image);
      ImageLayout layout = verifier.layout();
      List<byte[]> here = TypicalBoots.of(layout, verifier.rules(), HERE);
      List<byte[]> there = TypicalBoots.of(layout, verifier.rules(), THERE);
      assertThat(here).as("%s: usual boots", file).hasSizeGreaterThan(1);
      for (int boot = 0; boot < here.size(); boot++) {
        PatchedText text = PatchedText.of(layout, verifier.rules(), here.get(boot), 0, HERE);
        assertThat(firstOther(layout, text, there.get(boot))).as("%s: %d", file, boot).isNegative();
      }
    }
  }

  /** Calls through a table of operations had addresses in them until they were patched. */
  @Test
  void movedByTheFieldsOfTheImageAsLinkedItIsNot() throws Exception {
    ImageVerifier verifier = new ImageVerifier(KernelFile.read(SAMPLE));
    ImageLayout layout = verifier.layout();
    PatchedText text =
        new PatchedText(
            TypicalBoots.of(layout, verifier.rules(), HERE).get(0),
            0,
            HERE,
            layout.linked().fields());
    byte[] there = TypicalBoots.of(layout, verifier.rules(), THERE).get(0);
    assertThat(firstOther(layout, text, there)).isNotNegative();
  }

  /** The place of the first byte that is another, -1 if there is none. */
  private static int firstOther(ImageLayout layout, PatchedText text, byte[] there) {
    byte[] page = new byte[PAGE + 2 * MovedFields.MARGIN];
    for (int at = 0; at < layout.textBytes(); at += PAGE) {
      text.fields().copyPage(text.bytes(), 0, layout.textBytes(), at, page, THERE - HERE);
      int other =
          Arrays.mismatch(
              page, MovedFields.MARGIN, MovedFields.MARGIN + PAGE, there, at, at + PAGE);
      if (other >= 0) {
        return at + other;
      }
    }
    return -1;
  }
}
