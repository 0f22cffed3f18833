package io.plumbline.cli.play;

import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.Observation.CaptureBoundary;
import io.plumbline.ingest.capture.ObservationSink;
import io.plumbline.ingest.recording.RecordingReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Several recordings, played a round at a time in turn, so that guests change side by side as they
 * do in a fleet. Every recording is checked before the first is played.
 */
public final class Playback implements Closeable {
  /** Under this note and the round's number a recording says what was done to the guest. */
  public static final String ROUND_NOTE = "round.";

  private final List<RecordingReader> all;
  private final Deque<RecordingReader> waiting;
  private final long observations;
  private long played;

  private Playback(List<RecordingReader> all) {
    this.all = all;
    this.waiting = new ArrayDeque<>(all);
    this.observations = all.stream().mapToLong(RecordingReader::observations).sum();
  }

  /** Opens recordings, in the order in which their guests take turns. */
  public static Playback open(List<Path> recordings) throws IOException {
    List<RecordingReader> open = new ArrayList<>();
    try {
      for (Path recording : recordings) {
        open.add(new RecordingReader(recording));
      }
      return new Playback(open);
    } catch (IOException | RuntimeException e) {
      closeAll(open, e);
      throw e;
    }
  }

  /**
   * Hands the next round of whoever's turn it is to {@code out}; empty when all have ended.
   * Observations after a recording's last boundary count as a round without a number.
   */
  public <E extends Exception> Optional<PlayedRound> next(ObservationSink<E> out)
      throws IOException, E {
    while (!waiting.isEmpty()) {
      RecordingReader turn = waiting.remove();
      Optional<Observation> last = playRound(turn, out);
      if (last.isPresent()) {
        waiting.add(turn);
        return Optional.of(played(turn, last.get()));
      }
    }
    return Optional.empty();
  }

  /** Plays to the next boundary or the end; the last observation played, if there was any. */
  private <E extends Exception> Optional<Observation> playRound(
      RecordingReader recording, ObservationSink<E> out) throws IOException, E {
    Optional<Observation> last = Optional.empty();
    for (Optional<Observation> next = recording.next(); next.isPresent(); next = recording.next()) {
      out.accept(next.get());
      played++;
      last = next;
      if (next.get().body() instanceof CaptureBoundary) {
        break;
      }
    }
    return last;
  }

  private static PlayedRound played(RecordingReader recording, Observation last) {
    String vmId = recording.header().vmId();
    if (last.body() instanceof CaptureBoundary boundary) {
      String note = recording.header().notes().getOrDefault(ROUND_NOTE + boundary.round(), "");
      return new PlayedRound(vmId, boundary.round(), last.capturedAt(), note);
    }
    return new PlayedRound(vmId, -1, last.capturedAt(), "");
  }

  /** Observations in all recordings. */
  public long observations() {
    return observations;
  }

  /** Observations played so far. */
  public long played() {
    return played;
  }

  /** The recordings' guests, in the order of their turns. */
  public List<String> vms() {
    return all.stream().map(recording -> recording.header().vmId()).toList();
  }

  @Override
  public void close() throws IOException {
    for (RecordingReader recording : all) {
      recording.close();
    }
  }

  private static void closeAll(List<RecordingReader> open, Exception cause) {
    for (RecordingReader recording : open) {
      try {
        recording.close();
      } catch (IOException e) {
        cause.addSuppressed(e);
      }
    }
  }
}
