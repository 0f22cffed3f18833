package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Progress;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.ingest.guest.layout.FrameRange;
import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SymbolTable;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.signaturestore.enrol.Enrolment;
import io.plumbline.signaturestore.enrol.EnrolmentException;
import io.plumbline.signaturestore.extract.BannerException;
import io.plumbline.signaturestore.extract.BannerReader;
import io.plumbline.signaturestore.extract.SymbolsFile;
import io.plumbline.signaturestore.extract.build.GivenFiles;
import io.plumbline.signaturestore.extract.build.PackageLearning;
import io.plumbline.signaturestore.extract.kernel.KernelFile;
import io.plumbline.signaturestore.keep.EncodedSignature;
import io.plumbline.signaturestore.keep.SignatureCodec;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code signatures add}: learns builds from packages, or one build from known-good guests. */
@Command(
    name = "add",
    description =
        "Learns the kernel of each package or kernel file, to the last byte, and its modules: those"
            + " of the package, of a package of modules beside it, or below a folder that is given."
            + " With --enrol learns one build from images of known-good guests; every further image of the same build"
            + " adds what its kernel legally makes of its own code.")
final class SignaturesAddCommand implements Callable<Integer> {
  private final Shell shell;

  @Parameters(
      paramLabel = "FILE|DIR",
      arity = "1..*",
      description =
          "kernels as .deb, vmlinuz or vmlinux, recognised by content; of a folder every one in it,"
              + " and as modules what is below it. With --enrol images of guests known to be good; of a folder every file, by name")
  private List<Path> given;

  @Option(
      names = "--enrol",
      paramLabel = "NAME",
      description = "learn from guests: the build's name, such as the kernel's release")
  private String name;

  @Option(
      names = "--registers",
      paramLabel = "FILE",
      description = "the vCPUs' registers as JSON, for images without them")
  private Path registers;

  @Option(
      names = "--symbols",
      paramLabel = "FILE",
      description = "symbols of the first image's guest, as kallsyms or System.map has them")
  private Path symbols;

  @Mixin private SignatureOption signatures;
  @Mixin private OutputOption output;

  SignaturesAddCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    if (name != null && name.isBlank()) {
      throw new CommandFailure(ExitCode.USAGE, "--enrol: expected a name, found nothing");
    }
    Console console = output.console(shell);
    if (name == null) {
      addKernels(kernels(), console);
      return ExitCode.OK.code();
    }
    List<Path> files = files();
    refuseKernels(files);
    return enrol(files, console);
  }

  private void addKernels(GivenFiles files, Console console) throws IOException {
    SignatureStore store = signatures.own(shell);
    int count = files.kernels().size();
    try (Progress progress = console.progress("reading kernels");
        PackageLearning learning =
            new PackageLearning(
                SignatureCodec.DRAFT,
                ExplorationBudget.STANDARD,
                Runtime.getRuntime().availableProcessors())) {
      for (int i = 0; i < count; i++) {
        int before = i;
        PackageSignature kernel =
            learning.learn(
                files.kernels().get(i),
                files.modules(),
                (done, total, what) -> progress.at(before * total + done, count * total, what));
        add(store, kernel, console);
      }
    }
  }

  private static void add(SignatureStore store, PackageSignature kernel, Console console)
      throws IOException {
    EncodedSignature kept = store.add(kernel);
    if (console.format() == OutputFormat.TABLE) {
      console.line(SignatureRows.packaged(kernel, kept));
    } else {
      console.json(SignatureRows.json(store.summary(kept.id())));
    }
  }

  /** A file that was named and is neither kernel nor modules is an error, one in a folder not. */
  private GivenFiles kernels() throws IOException {
    if (registers != null || symbols != null) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--registers and --symbols are of guests' images: they need --enrol NAME");
    }
    GivenFiles files = GivenFiles.of(given);
    if (!files.strangers().isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          files.strangers().get(0)
              + ": expected a kernel as .deb, vmlinuz or vmlinux, found other content; to learn"
              + " from a guest's image give --enrol NAME");
    }
    if (files.kernels().isEmpty()) {
      throw new CommandFailure(ExitCode.UNREADABLE, given + ": no kernel in there");
    }
    return files;
  }

  private static void refuseKernels(List<Path> files) throws IOException {
    for (Path file : files) {
      if (KernelFile.recognises(file)) {
        throw new CommandFailure(
            ExitCode.USAGE,
            file
                + ": expected a guest's image, found a kernel; --enrol learns from guests, a kernel"
                + " is added without it");
      }
    }
  }

  private Integer enrol(List<Path> files, Console console) throws IOException {
    Enrolment enrolment = new Enrolment(ExplorationBudget.STANDARD);
    try {
      BuildName build = learn(enrolment, files, console);
      SymbolTable names =
          symbols == null
              ? SymbolTable.NONE
              : SymbolsFile.read(symbols).table(enrolment.base(), Enrolment.mostImageBytes());
      EnrolledSignature learnt = enrolment.finish(SignatureCodec.DRAFT, build, names);
      print(console, signatures.own(shell), learnt);
      return ExitCode.OK.code();
    } catch (EnrolmentException e) {
      throw new CommandFailure(ExitCode.UNREADABLE, e.getMessage(), e);
    }
  }

  private void print(Console console, SignatureStore store, EnrolledSignature learnt)
      throws IOException {
    EncodedSignature kept = store.add(learnt);
    if (console.format() == OutputFormat.TABLE) {
      console.line(SignatureRows.enrolled(learnt, kept.id()));
      return;
    }
    console.json(SignatureRows.json(store.summary(kept.id())));
  }

  private List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path each : given) {
      if (Files.isDirectory(each)) {
        try (Stream<Path> content = Files.list(each)) {
          files.addAll(content.filter(Files::isRegularFile).sorted().toList());
        }
      } else {
        files.add(each);
      }
    }
    if (files.isEmpty()) {
      throw new CommandFailure(ExitCode.UNREADABLE, given + ": no file in there");
    }
    return files;
  }

  private BuildName learn(Enrolment enrolment, List<Path> files, Console console)
      throws IOException, EnrolmentException {
    BuildName build = null;
    try (Progress progress = console.progress("enrolling " + name)) {
      for (int i = 0; i < files.size(); i++) {
        progress.at(i, files.size(), String.valueOf(files.get(i).getFileName()));
        try (GuestImage image = GuestImages.open(files.get(i), Optional.ofNullable(registers))) {
          enrolment.learn(files.get(i).toString(), image.memory(), image.vcpus());
          build = build == null ? named(image, console) : build;
        } catch (UncheckedIOException e) { // the file changed or its disk failed while being read
          throw e.getCause();
        }
      }
    }
    return build;
  }

  /** The name that was given, completed from what the guest's memory says of its kernel. */
  private BuildName named(GuestImage image, Console console) {
    try {
      BuildName banner = BannerReader.read(image.memory(), frames(image)).name();
      if (banner.build().equals(name)) {
        return banner;
      }
      console.note("the guest calls its kernel " + banner.build() + "; it is enrolled as " + name);
      return new BuildName(banner.os(), name, banner.version());
    } catch (BannerException e) {
      console.note(e.getMessage() + "; the system's name and version stay empty");
      return new BuildName("", name, "");
    }
  }

  private static LongStream frames(GuestImage image) {
    return image.frames().stream().flatMapToLong(SignaturesAddCommand::frames);
  }

  private static LongStream frames(FrameRange range) {
    long first = range.first().value();
    return LongStream.range(first, first + range.count());
  }
}
