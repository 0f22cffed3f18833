package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.sample.SampleGuest;
import io.plumbline.introspection.bench.BuildVariants;
import io.plumbline.introspection.bench.IdentificationBenchmark;
import io.plumbline.introspection.bench.UnfitGuestException;
import io.plumbline.introspection.bench.VerificationBenchmark;
import io.plumbline.introspection.bench.VerificationResult;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.signaturestore.extract.kernel.KernelFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench verify}: what it costs to name and verify a guest by its package, here. */
@Command(
    name = "verify",
    description =
        "Measures the verification of every byte of a guest's text and read-only data beside a"
            + " plain comparison of the same bytes in the same run, on one thread, the heap, and how"
            + " long the build is looked for among many that are nearly alike.")
final class BenchVerifyCommand implements Callable<Integer> {
  private static final String KERNEL = "samples/kernels/5.10.0-32-cloud-amd64/vmlinux.xz";
  private static final String GUEST = "samples/guests/5.10.0-32-cloud-amd64/nehalem-2-pti.avro";

  /** Builds in the store: the guest's own and others that lie like it. */
  private static final int BUILDS = 100;

  private static final SignatureId UNKEPT = new SignatureId("sha256:" + "0".repeat(64));

  private final Shell shell;

  @Parameters(
      paramLabel = "IMAGE",
      arity = "0..1",
      description = "saved guest, clean; default: the sample of 5.10")
  private Path image;

  @Option(
      names = "--kernel",
      paramLabel = "FILE",
      description = "its kernel: .deb, vmlinuz or vmlinux; default: that of the sample")
  private Path kernel;

  @Mixin private MeasuringTime time;

  @Mixin private OutputOption output;

  BenchVerifyCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    long nanos = time.nanos();
    if ((image == null) != (kernel == null)) {
      throw new CommandFailure(
          ExitCode.USAGE, "expected IMAGE and --kernel, or neither for the sample; found one");
    }
    Console console = output.console(shell);
    Path kernelFile = kernel != null ? kernel : shell.home().resolve(KERNEL);
    try {
      Guest guest = guest(kernelFile);
      VerificationResult verified =
          VerificationBenchmark.on(guest, () -> signature(kernelFile), shell.nanoTime(), nanos / 2);
      List<KernelSignature> builds = new ArrayList<>(List.of(signature(kernelFile)));
      builds.addAll(BuildVariants.of((PackageSignature) builds.get(0), BUILDS - 1));
      print(
          console,
          verified,
          IdentificationBenchmark.on(guest, () -> builds, shell.nanoTime(), nanos / 2));
      return ExitCode.OK.code();
    } catch (UnfitGuestException e) {
      throw new CommandFailure(
          ExitCode.UNREADABLE, (image != null ? image : GUEST) + ": " + e.getMessage(), e);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static PackageSignature signature(Path file) {
    try {
      return KernelFile.signature(file, UNKEPT, ExplorationBudget.STANDARD);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The guest with its pages in memory, so that no disk is measured. */
  private Guest guest(Path kernelFile) throws IOException {
    if (image == null) {
      return SampleGuest.read(shell.home().resolve(GUEST), KernelFile.read(kernelFile));
    }
    return LoadedGuest.read(image, Optional.empty());
  }

  private static void print(
      Console console, VerificationResult result, IdentificationBenchmark.Result named) {
    if (console.format() != OutputFormat.TABLE) {
      console.json(
          JsonNodeFactory.instance
              .objectNode()
              .put("rounds", result.rounds())
              .put("comparedBytes", result.comparedBytes())
              .put("sites", result.sites())
              .put("mismatchMs", result.mismatch() * 1e3)
              .put("verifyMs", result.verify() * 1e3)
              .put("timesMismatch", result.ratio())
              .put("verdictMs", result.verdict() * 1e3)
              .put("prepareMs", result.prepare() * 1e3)
              .put("identifyMs", named.medianSeconds() * 1e3)
              .put("slowestIdentifyMs", named.slowestSeconds() * 1e3)
              .put("builds", named.builds())
              .put("sharedHeapBytes", result.sharedBytes())
              .put("heapBytesPerVm", result.verdictBytes()));
      return;
    }
    Table times = new Table("what", "ms", "x mismatch");
    times.row("Arrays.mismatch over the same bytes", millis(result.mismatch()), "1.0");
    times.row(
        "verification of every byte",
        millis(result.verify()),
        String.format(Locale.ROOT, "%.1f", result.ratio()));
    times.row("whole verdict", millis(result.verdict()), "");
    times.row(
        "naming the build among " + named.builds() + ", verification included",
        millis(named.medianSeconds()),
        "");
    times.row("preparing the build, once a process", millis(result.prepare()), "");
    console.table(times);
    console.note(
        String.format(
            Locale.ROOT,
            "%.1f MB of text and read-only data with %d patch sites; medians of %d rounds, one"
                + " thread",
            result.comparedBytes() / 1e6,
            result.sites(),
            result.rounds()));
    console.note(
        String.format(
            Locale.ROOT,
            "heap: %.1f MB that all guests of the build share, %s for each guest",
            result.sharedBytes() / 1e6,
            perGuest(result.verdictBytes())));
  }

  /** The heap's use is not known to less than some ten kilobytes. */
  private static String perGuest(long bytes) {
    return bytes < 100_000
        ? "less than 0.1 MB"
        : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  private static String millis(double seconds) {
    return String.format(Locale.ROOT, "%.2f", seconds * 1e3);
  }
}
