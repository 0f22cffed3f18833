package io.plumbline.cli.samples;

import io.plumbline.cli.answers.AnswerKey;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.Observation.CaptureBoundary;
import io.plumbline.ingest.recording.RecordingReader;
import io.plumbline.ingest.recording.ReplayedGuest;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.Verdict;
import io.plumbline.signaturestore.keep.EnrolledSignatures;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** The recorded guests and enrolled kernels that come with the source. */
final class Samples {
  static final Path FOLDER = Path.of("..", "samples").toAbsolutePath().normalize();

  static final Path SIGNATURES = FOLDER.resolve("signatures");

  /** Without disassembly, so that no verdict depends on what is installed. */
  private static final KernelJudge JUDGE =
      new KernelJudge(
          new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), false),
          System::nanoTime);

  private Samples() {}

  /** Every recording, by name; a checkout without one fails whoever asks. */
  static List<Path> recordings() {
    try (Stream<Path> files = Files.list(FOLDER.resolve("recordings"))) {
      return files.filter(file -> file.toString().endsWith(".avro")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The one recording of a kernel whose release begins so. */
  static Path recording(String release) {
    return recordings().stream()
        .filter(file -> file.getFileName().toString().startsWith(release))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no recording of " + release));
  }

  static EnrolledSignatures book() throws IOException {
    SignatureStore store = new SignatureStore(SIGNATURES);
    List<KernelSignature> signatures = new ArrayList<>();
    for (SignatureId id : store.ids()) {
      signatures.add(store.load(id));
    }
    return EnrolledSignatures.of(signatures);
  }

  static Verdict judge(String vmId, ReplayedGuest guest, EnrolledSignatures book) {
    return JUDGE.judge(new Guest(vmId, guest, guest.vcpus()), book);
  }

  /** What a recording's guest looks like at a boundary. */
  @FunctionalInterface
  interface AtBoundary {
    void see(CaptureBoundary boundary, Observation observation, ReplayedGuest guest)
        throws Exception;
  }

  /** Replays a recording and shows its guest at each boundary. */
  static void replay(Path recording, AtBoundary boundaries) throws Exception {
    try (RecordingReader reader = new RecordingReader(recording)) {
      ReplayedGuest guest = new ReplayedGuest();
      for (Optional<Observation> next = reader.next(); next.isPresent(); next = reader.next()) {
        Optional<CaptureBoundary> boundary = guest.apply(next.get());
        if (boundary.isPresent()) {
          boundaries.see(boundary.get(), next.get(), guest);
        }
      }
    }
  }

  static AnswerKey key(Path recording) {
    try {
      return AnswerKey.beside(recording);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String vmId(Path recording) throws IOException {
    try (RecordingReader reader = new RecordingReader(recording)) {
      return reader.header().vmId();
    }
  }
}
