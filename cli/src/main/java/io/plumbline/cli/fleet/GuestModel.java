package io.plumbline.cli.fleet;

import io.plumbline.cli.answers.AnswerKey;
import io.plumbline.cli.answers.ExpectedRound;
import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.Observation.CaptureBoundary;
import io.plumbline.ingest.capture.Observation.PageDeltas;
import io.plumbline.ingest.capture.RoundTotals;
import io.plumbline.introspection.hardware.VcpuState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * What simulated VMs of one recorded guest say: its two quiet states, between which an idle guest
 * goes to and fro, those in which it was seen at work, if it was, and its tampered ones. What
 * differs between two states is computed once and shared by all VMs, so that a VM costs the load
 * generator a few numbers. For one thread.
 */
final class GuestModel {
  private static final long KEPT_BYTES = 256L << 20;
  private static final int NOTHING = -1;

  /**
   * The pages of a round, without whose and which round it is.
   *
   * @param batches as they go into one observation each
   */
  record Told(List<PageDeltas> batches, RoundTotals totals) {}

  private record Step(int from, int to) {}

  private final String build;
  private final List<RecordedState> states;
  private final int idle;
  private final List<Integer> busy;
  private final List<Integer> tampered;
  private final Map<Step, Told> told = new HashMap<>();

  private GuestModel(
      String build,
      List<RecordedState> states,
      int idle,
      List<Integer> busy,
      List<Integer> tampered) {
    this.build = build;
    this.states = states;
    this.idle = idle;
    this.busy = busy;
    this.tampered = tampered;
  }

  /**
   * A model of the guest in {@code recording}; the answer key beside it says what each state is.
   *
   * @throws IOException if it has no idle or no tampered round
   */
  static GuestModel of(Path recording) throws IOException {
    AnswerKey key = AnswerKey.beside(recording);
    List<RecordedState> states = RecordedState.of(recording);
    List<Integer> idle = rounds(key, states, round -> round.kind().equals("idle"));
    List<Integer> busy = rounds(key, states, round -> round.kind().equals("busy"));
    List<Integer> tampered = rounds(key, states, ExpectedRound::tampering);
    if (idle.isEmpty() || tampered.isEmpty()) {
      throw new IOException(recording + ": expected an idle and a tampered round, found none");
    }
    return new GuestModel(key.build(), states, idle.get(0), busy, tampered);
  }

  private static List<Integer> rounds(
      AnswerKey key, List<RecordedState> states, Predicate<ExpectedRound> which) {
    return IntStream.range(1, states.size())
        .filter(round -> which.test(key.rounds().get(round)))
        .boxed()
        .toList();
  }

  /** Name of the kernel's build. */
  String build() {
    return build;
  }

  /** The state that every idle VM begins in. */
  int clean() {
    return 0;
  }

  /** The other quiet state of {@code state}, or the first after a tampered one. */
  int quietAfter(int state) {
    return state == clean() ? idle : clean();
  }

  /** Whether the guest was seen at work in two states or more, one after the other. */
  boolean worked() {
    return busy.size() > 1;
  }

  /** The state of a guest at work that comes after {@code state}, or first. */
  int busyAfter(int state) {
    return busy.get((busy.indexOf(state) + 1) % busy.size());
  }

  /** States with something to be found. */
  List<Integer> tampered() {
    return tampered;
  }

  List<VcpuState> vcpus(int state) {
    return states.get(state).vcpus();
  }

  /** Everything that is watched in {@code state}. */
  Told snapshot(int state) {
    return told(new Step(NOTHING, state));
  }

  /** What changes from one state to another. */
  Told change(int from, int to) {
    return told(new Step(from, to));
  }

  private Told told(Step step) {
    return told.computeIfAbsent(step, this::capture);
  }

  private Told capture(Step step) {
    CapturedVm nobody = new CapturedVm("model", "model", 0);
    CaptureRounds rounds = new CaptureRounds(nobody, RecordedState.WATCHED, KEPT_BYTES);
    if (step.from != NOTHING) {
      capture(rounds, step.from);
    }
    List<Observation> said = capture(rounds, step.to);
    List<PageDeltas> batches = new ArrayList<>();
    for (Observation each : said) {
      if (each.body() instanceof PageDeltas deltas) {
        batches.add(deltas);
      }
    }
    CaptureBoundary boundary = (CaptureBoundary) said.get(said.size() - 1).body();
    return new Told(List.copyOf(batches), boundary.totals());
  }

  private List<Observation> capture(CaptureRounds rounds, int state) {
    List<Observation> said = new ArrayList<>();
    rounds.<RuntimeException>capture(states.get(state), vcpus(state), Instant.EPOCH, said::add);
    return said;
  }
}
