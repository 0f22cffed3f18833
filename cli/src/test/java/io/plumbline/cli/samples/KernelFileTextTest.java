package io.plumbline.cli.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plumbline.introspection.code.CapstoneText;
import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.SecondOpinions;
import io.plumbline.introspection.code.Tally;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.signaturestore.extract.kernel.KernelFile;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The decoder against Capstone and objdump over every executable section of kernels that somebody
 * has: system property {@code plumbline.kernels} or environment variable {@code PLUMBLINE_KERNELS}
 * names files (vmlinuz, vmlinux) or folders with such, separated as in a class path. Prints a row
 * for each kernel, and the classes of disagreements of all.
 */
class KernelFileTextTest {
  private static final String PROPERTY = "plumbline.kernels";
  private static final String VARIABLE = "PLUMBLINE_KERNELS";

  /** The smallest kernel of the matrix has 12 MiB of text. */
  private static final int LEAST_BYTES = 10 << 20;

  @TempDir private Path folder;

  private static List<Path> kernels() throws IOException {
    String named = System.getProperty(PROPERTY, System.getenv().getOrDefault(VARIABLE, ""));
    assumeFalse(named.isEmpty(), "neither -D" + PROPERTY + " nor " + VARIABLE + " names kernels");
    List<Path> files = new ArrayList<>();
    for (String each : named.split(File.pathSeparator)) {
      try (Stream<Path> found = Files.walk(Path.of(each), 2)) {
        found
            .filter(Files::isRegularFile)
            .filter(file -> file.getFileName().toString().startsWith("vmlinu"))
            .sorted()
            .forEach(files::add);
      }
    }
    assertThat(files).as("kernels in %s", named).isNotEmpty();
    return files;
  }

  @Test
  void everyKernelTextIsReadAsByCapstoneAndObjdumpSaveForWhatIsExplained() throws Exception {
    List<Path> kernels = kernels();
    assumeTrue(SecondOpinions.capstonePresent(), CapstoneText.availability());
    assumeTrue(SecondOpinions.objdumpPresent(), "objdump (binutils) is not installed");
    Tally allCapstone = SecondOpinions.tally("capstone");
    Tally allObjdump = SecondOpinions.tally("objdump");
    System.out.println(
        "| kernel | bytes | instructions | Capstone disagrees | objdump disagrees | unexplained |\n"
            + "|---|---|---|---|---|---|");
    for (Path kernel : kernels) {
      Tally capstone = allCapstone.fresh();
      Tally objdump = allObjdump.fresh();
      long bytes = compare(KernelFile.read(kernel), capstone, objdump);
      assertThat(bytes).as("%s: bytes of code", kernel).isGreaterThan(LEAST_BYTES);
      System.out.printf(
          "| %s | %d | %d | %d | %d | %d |%n",
          name(kernel),
          bytes,
          capstone.instructions(),
          capstone.disagreements(),
          objdump.disagreements(),
          capstone.unexplained() + objdump.unexplained());
      allCapstone.add(capstone);
      allObjdump.add(objdump);
    }
    System.out.println("Capstone\n" + allCapstone.classes());
    System.out.println("objdump\n" + allObjdump.classes());
    allCapstone.assertAllExplained("Capstone");
    allObjdump.assertAllExplained("objdump");
  }

  private long compare(KernelImage image, Tally capstone, Tally objdump) throws Exception {
    long[] symbols = image.symbols().offsets();
    long bytes = 0;
    for (ImageSection section : image.sections()) {
      if (section.executable()) {
        bytes += section.bytes().length;
        int[] starts =
            Arrays.stream(symbols)
                .filter(at -> at >= section.offset() && at < section.end())
                .mapToInt(at -> (int) at - section.offset())
                .toArray();
        SecondOpinions.compare(
            capstone, objdump, section.bytes(), CodeMode.LONG_64, starts, folder);
      }
    }
    return bytes;
  }

  private static String name(Path kernel) {
    String file = kernel.getFileName().toString();
    return file.equals("vmlinuz") ? kernel.getParent().getFileName().toString() : file;
  }
}
