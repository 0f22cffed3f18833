package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Progress;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.play.Playback;
import io.plumbline.cli.sample.FramesAgainstKernel;
import io.plumbline.cli.sample.LoadedKernel;
import io.plumbline.cli.stage.Closing;
import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.FrameSet;
import io.plumbline.ingest.capture.KernelFrames;
import io.plumbline.ingest.capture.PagesMode;
import io.plumbline.ingest.capture.WatchedFrames;
import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.ingest.guest.layout.FrameRange;
import io.plumbline.ingest.recording.RecordingHeader;
import io.plumbline.ingest.recording.RecordingWriteException;
import io.plumbline.ingest.recording.RecordingWriter;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.signaturestore.extract.kernel.KernelFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code record}: consecutive images of one guest become consecutive rounds of a recording. */
@Command(
    name = "record",
    description = "Makes a recording of consecutive images of one guest, one round each.")
final class RecordCommand implements Callable<Integer> {
  private static final String VERSION = "0.1.0";

  /** Enough for the kernel pages of a guest, so that small changes become patches. */
  private static final long KEPT_BYTES = 256L << 20;

  private final Shell shell;

  @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "images, the oldest first")
  private List<Path> images;

  @Option(names = "--vm", paramLabel = "ID", required = true, description = "the guest's name")
  private String vm;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "the recording")
  private Path out;

  @Option(
      names = "--pages",
      paramLabel = "MODE",
      defaultValue = "kernel",
      description = "kernel: what a verdict rests on, no user memory; full: all RAM")
  private PagesMode pages;

  @Option(
      names = "--registers",
      paramLabel = "FILE",
      description = "the vCPUs' registers as JSON, for images without them; one for each image")
  private List<Path> registers = List.of();

  @Option(
      names = "--source",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "what was recorded, for people")
  private String source;

  @Option(
      names = "--kernel-package",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "package and version that the kernel is of, for people")
  private String kernelPackage;

  @Option(
      names = "--against",
      paramLabel = "KERNEL",
      description =
          "leave out what this kernel's file (.deb, vmlinuz or vmlinux) holds; such a recording"
              + " is of use only together with the file")
  private Path against;

  @Mixin private OutputOption output;

  RecordCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    if (!registers.isEmpty() && registers.size() != images.size()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--registers: expected one for each of "
              + images.size()
              + " images, found "
              + registers.size());
    }
    Console console = output.console(shell);
    Optional<ToldAgainst> kernel = kernel();
    Map<String, String> notes = notes();
    kernel.ifPresent(told -> notes.putAll(told.loaded.notes()));
    RecordingHeader header = new RecordingHeader(vm, source, kernelPackage, VERSION, notes);
    RecordingWriter writer = writer(header);
    try (writer;
        Closing interrupted = new Closing()) {
      interrupted.add((AutoCloseable) writer::abandon);
      record(writer, kernel, console);
      writer.finish();
    } catch (RecordingWriteException e) { // the disk is full, for example
      throw new CommandFailure(ExitCode.FAILED, e.getMessage(), e);
    } catch (UncheckedIOException e) { // an image changed or its disk failed while being read
      throw e.getCause();
    }
    print(console);
    return ExitCode.OK.code();
  }

  private RecordingWriter writer(RecordingHeader header) throws IOException {
    try {
      return new RecordingWriter(out, header);
    } catch (RecordingWriteException e) {
      throw new CommandFailure(ExitCode.USAGE, "--out: " + e.getMessage(), e);
    }
  }

  /** What was done to the guest is told by the names that people give their images. */
  private Map<String, String> notes() {
    Map<String, String> notes = new TreeMap<>();
    for (int round = 0; round < images.size(); round++) {
      String name = String.valueOf(images.get(round).getFileName());
      int dot = name.lastIndexOf('.');
      notes.put(Playback.ROUND_NOTE + round, dot > 0 ? name.substring(0, dot) : name);
    }
    return notes;
  }

  /** The kernel to tell the guest against, and where the guest has it. */
  private record ToldAgainst(KernelImage image, LoadedKernel loaded) {}

  private Optional<ToldAgainst> kernel() throws IOException {
    if (against == null) {
      return Optional.empty();
    }
    KernelImage image = KernelFile.read(against);
    try (GuestImage first = GuestImages.open(images.get(0), registers.stream().findFirst())) {
      Optional<LoadedKernel> loaded =
          LoadedKernel.of(new Guest(vm, first.memory(), first.vcpus()), image);
      return Optional.of(
          new ToldAgainst(
              image,
              loaded.orElseThrow(
                  () ->
                      new CommandFailure(
                          ExitCode.UNREADABLE,
                          images.get(0)
                              + ": expected a guest of "
                              + image.name().build()
                              + ", found another"))));
    }
  }

  private void record(RecordingWriter writer, Optional<ToldAgainst> kernel, Console console)
      throws IOException {
    CaptureRounds rounds = null;
    try (Progress progress = console.progress("recording " + vm)) {
      for (int i = 0; i < images.size(); i++) {
        Path image = images.get(i);
        progress.at(i, images.size(), String.valueOf(image.getFileName()));
        Instant at = Files.getLastModifiedTime(image).toInstant();
        Optional<Path> given =
            registers.isEmpty() ? Optional.empty() : Optional.of(registers.get(i));
        try (GuestImage guest = GuestImages.open(image, given)) {
          rounds = rounds != null ? rounds : rounds(guest, kernel, at);
          rounds.capture(guest.memory(), guest.vcpus(), at, writer);
        }
      }
    }
  }

  private CaptureRounds rounds(GuestImage first, Optional<ToldAgainst> kernel, Instant at) {
    CapturedVm captured;
    try {
      captured = new CapturedVm(vm, "recorded", Math.max(0, at.toEpochMilli()));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--vm: " + e.getMessage(), e);
    }
    return kernel.isEmpty()
        ? new CaptureRounds(captured, watched(first), KEPT_BYTES)
        : roundsAgainst(kernel.get(), captured, first, at);
  }

  /** Rounds whose first one said what the kernel's file holds, to nobody. */
  private CaptureRounds roundsAgainst(
      ToldAgainst kernel, CapturedVm captured, GuestImage first, Instant at) {
    Map<FrameNumber, PageBytes> pages = kernel.loaded.pages(kernel.image);
    CaptureRounds rounds =
        new CaptureRounds(
            captured,
            new FramesAgainstKernel(FrameSet.of(pages.keySet()), watched(first)),
            KEPT_BYTES);
    rounds.<RuntimeException>capture(
        frame -> Optional.ofNullable(pages.get(frame)), first.vcpus(), at, unsaid -> {});
    return rounds;
  }

  private WatchedFrames watched(GuestImage guest) {
    if (pages == PagesMode.KERNEL) {
      return new KernelFrames(ExplorationBudget.STANDARD);
    }
    FrameSet ram = FrameSet.EMPTY;
    for (FrameRange range : guest.frames()) {
      ram = ram.union(FrameSet.range(range.first(), range.count()));
    }
    return WatchedFrames.all(ram);
  }

  private void print(Console console) throws IOException {
    long bytes = Files.size(out);
    if (console.format() == OutputFormat.TABLE) {
      console.line(out + ": " + images.size() + " rounds of " + vm + ", " + bytes + " bytes");
      return;
    }
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("recording", out.toString());
    console.json(node.put("vm", vm).put("rounds", images.size()).put("bytes", bytes));
  }
}
