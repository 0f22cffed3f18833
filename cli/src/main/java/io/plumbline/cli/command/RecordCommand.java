package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Progress;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.cli.play.Playback;
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
import io.plumbline.introspection.reach.ExplorationBudget;
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
    RecordingHeader header = new RecordingHeader(vm, source, kernelPackage, VERSION, notes());
    RecordingWriter writer = writer(header);
    try (writer;
        Closing interrupted = new Closing()) {
      interrupted.add((AutoCloseable) writer::abandon);
      record(writer, console);
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

  private void record(RecordingWriter writer, Console console) throws IOException {
    CaptureRounds rounds = null;
    try (Progress progress = console.progress("recording " + vm)) {
      for (int i = 0; i < images.size(); i++) {
        Path image = images.get(i);
        progress.at(i, images.size(), String.valueOf(image.getFileName()));
        Instant at = Files.getLastModifiedTime(image).toInstant();
        Optional<Path> given =
            registers.isEmpty() ? Optional.empty() : Optional.of(registers.get(i));
        try (GuestImage guest = GuestImages.open(image, given)) {
          rounds = rounds != null ? rounds : rounds(guest, at);
          rounds.capture(guest.memory(), guest.vcpus(), at, writer);
        }
      }
    }
  }

  private CaptureRounds rounds(GuestImage first, Instant at) {
    CapturedVm captured;
    try {
      captured = new CapturedVm(vm, "recorded", Math.max(0, at.toEpochMilli()));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--vm: " + e.getMessage(), e);
    }
    return new CaptureRounds(captured, watched(first), KEPT_BYTES);
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
