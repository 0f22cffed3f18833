package io.plumbline.signaturestore.extract.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.PatchSites;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Laws of real kernels, for whoever has some: system property {@code plumbline.kernels} or
 * environment variable {@code PLUMBLINE_KERNELS} names files (packages, vmlinuz, vmlinux) or
 * folders with such, separated as in a class path. If a file {@code kallsyms} lies beside a kernel,
 * as root reads it from /proc of a guest that runs it, its symbols must be the image's.
 */
class RealKernelsTest {
  private static final String PROPERTY = "plumbline.kernels";
  private static final String VARIABLE = "PLUMBLINE_KERNELS";

  /** __START_KERNEL_map, as a signed number. */
  private static final long KERNEL_HALF = 0xffffffff80000000L;

  private static List<Path> kernels() throws IOException {
    String named = System.getProperty(PROPERTY, System.getenv().getOrDefault(VARIABLE, ""));
    assumeFalse(named.isEmpty(), "neither -D" + PROPERTY + " nor " + VARIABLE + " names kernels");
    List<Path> files = new ArrayList<>();
    for (String each : named.split(File.pathSeparator)) {
      try (Stream<Path> found = Files.walk(Path.of(each))) {
        found
            .filter(Files::isRegularFile)
            .filter(RealKernelsTest::isKernel)
            .sorted()
            .forEach(files::add);
      }
    }
    assertThat(files).as("kernels in %s", named).isNotEmpty();
    return files;
  }

  private static boolean isKernel(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith("vmlinu") || name.endsWith(".deb");
  }

  @Test
  void everyRealKernelObeysTheLaws() throws IOException {
    for (Path file : kernels()) {
      KernelImage image = KernelFile.read(file);
      everythingIsThere(file, image);
      whatIsRelocatedIsAnAddress(file, image);
      Path symbols = file.resolveSibling("kallsyms");
      if (Files.exists(symbols)) {
        theGuestsSymbolsAreTheImages(symbols, image);
      }
      System.out.println(summary(image));
    }
  }

  private static void everythingIsThere(Path file, KernelImage image) {
    PatchSites sites = image.sites();
    assertThat(image.buildId()).as("%s: build id", file).hasSize(40);
    assertThat(image.symbols().names())
        .as("%s", file)
        .contains("_etext", "__end_rodata", "__start_ro_after_init", "sys_call_table");
    assertThat(List.of(sites.alternatives().size(), sites.retpolines().length))
        .as("%s: alternatives and retpolines", file)
        .allMatch(count -> count > 500);
    assertThat(List.of(sites.returns().length, sites.functionTraces().length))
        .as("%s: returns and function traces", file)
        .allMatch(count -> count > 20_000);
    assertThat(List.of(sites.jumpLabels().size(), sites.staticCalls().size()))
        .as("%s: jump labels and static calls", file)
        .allMatch(count -> count > 500);
  }

  /**
   * What moves with the kernel is an address in its half; early code has some in which
   * __START_KERNEL_map is already subtracted (at most 1 in 100).
   */
  private static void whatIsRelocatedIsAnAddress(Path file, KernelImage image) {
    long addresses = 0;
    long physical = 0;
    for (ImageSection section : image.sections()) {
      ByteBuffer bytes = ByteBuffer.wrap(section.bytes()).order(ByteOrder.LITTLE_ENDIAN);
      List<Long> values = new ArrayList<>();
      places(image.relocations().absolute64(), section, Long.BYTES)
          .forEach(place -> values.add(bytes.getLong(place)));
      places(image.relocations().absolute32(), section, Integer.BYTES)
          .forEach(place -> values.add((long) bytes.getInt(place)));
      assertThat(values)
          .as("%s: what is relocated in %s", file, section.name())
          .allMatch(value -> value >= KERNEL_HALF && value <= Integer.MAX_VALUE);
      addresses += values.stream().filter(value -> value < 0).count();
      physical += values.stream().filter(value -> value >= 0).count();
    }
    assertThat(100 * physical)
        .as("%s: physical of %d addresses", file, addresses)
        .isLessThan(addresses);
  }

  private static IntStream places(int[] places, ImageSection section, int bytes) {
    return Arrays.stream(places)
        .filter(place -> place >= section.offset() && place + bytes <= section.end())
        .map(place -> place - section.offset());
  }

  private static void theGuestsSymbolsAreTheImages(Path file, KernelImage image)
      throws IOException {
    List<String[]> live;
    try (Stream<String> lines = Files.lines(file)) {
      // Modules' symbols have a fourth column.
      live = lines.map(line -> line.split("\\s+")).filter(each -> each.length == 3).toList();
    }
    long base =
        live.stream()
            .filter(each -> each[2].equals("_text"))
            .mapToLong(each -> Long.parseUnsignedLong(each[0], 16))
            .findFirst()
            .orElseThrow();
    List<String> guest =
        live.stream()
            .map(each -> line(Long.parseUnsignedLong(each[0], 16), base, each[1], each[2]))
            .sorted()
            .toList();
    List<String> ours = new ArrayList<>();
    for (int i = 0; i < image.symbols().size(); i++) {
      String type = Character.toString(image.symbols().types()[i]);
      long address = image.symbols().offsets()[i] + image.base();
      ours.add(line(address, image.base(), type, image.symbols().names().get(i)));
    }
    assertThat(ours.stream().sorted().toList()).as("%s", file).isEqualTo(guest);
  }

  /** Addresses below the kernel's half (per-CPU variables) do not move. */
  private static String line(long address, long base, String type, String name) {
    long place = address < 0 ? address - base : address;
    return (address < 0 ? "+" : "=") + Long.toHexString(place) + " " + type + " " + name;
  }

  private static String summary(KernelImage image) {
    PatchSites sites = image.sites();
    return String.format(
        "%s: %d symbols; %d alternatives, %d locks, %d paravirt, %d retpolines, %d returns, %d"
            + " calls, %d seals, %d constants, %d jump labels, %d static calls, %d traces",
        image.name().build(),
        image.symbols().size(),
        sites.alternatives().size(),
        sites.smpLocks().length,
        sites.paravirt().size(),
        sites.retpolines().length,
        sites.returns().length,
        sites.callDepthCalls().length,
        sites.branchTargetSeals().length,
        sites.runtimeConstants().size(),
        sites.jumpLabels().size(),
        sites.staticCalls().size(),
        sites.functionTraces().length);
  }
}
