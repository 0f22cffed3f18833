package io.plumbline.ingest.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.ingest.capture.Observation.CaptureBoundary;
import io.plumbline.ingest.capture.Observation.LifeCycle;
import io.plumbline.ingest.capture.Observation.PageDeltas;
import io.plumbline.ingest.capture.Observation.VcpuStates;
import io.plumbline.ingest.capture.Observation.Withdrawal;
import io.plumbline.ingest.capture.Observation.WithdrawnFrame;
import io.plumbline.ingest.recording.ReplayedGuest;
import io.plumbline.ingest.wire.ObservationMapping;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageDelta;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.schemas.wire.RecordCodec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureRoundsTest {
  private static final CapturedVm VM = new CapturedVm("vm-1", "host-1", 7);
  private static final int ROUNDS = 12;

  private final List<Observation> out = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(longs = {0, 20 * 4096, 1 << 20})
  void atEveryBoundaryTheReplayIsTheGuest(long keptBytes) throws Exception {
    for (long seed = 0; seed < 30; seed++) {
      ToyGuest guest = new ToyGuest(seed);
      WanderingWatch watch = new WanderingWatch(seed);
      CaptureRounds rounds = new CaptureRounds(VM, watch, keptBytes);
      ReplayedGuest replay = new ReplayedGuest();
      for (int round = 0; round < ROUNDS; round++) {
        guest.live();
        rounds.capture(guest, ToyGuest.vcpus(round), ToyGuest.START, out::add);
        replayAll(replay);
        assertSame(guest, replay, watch.last, "seed " + seed + " round " + round);
        assertThat(replay.vcpus()).isEqualTo(ToyGuest.vcpus(round));
      }
    }
  }

  @Test
  void theOrderOfARoundsDeltasDoesNotMatter() throws Exception {
    for (long seed = 0; seed < 30; seed++) {
      ToyGuest guest = new ToyGuest(seed);
      CaptureRounds rounds = rounds();
      ReplayedGuest replay = new ReplayedGuest();
      for (int round = 0; round < ROUNDS; round++) {
        guest.live();
        rounds.capture(guest, List.of(), ToyGuest.START, out::add);
        List<Observation> shuffled = new ArrayList<>();
        for (Observation each : out) {
          shuffled.add(shuffle(each, new Random(seed)));
        }
        out.clear();
        out.addAll(shuffled);
        replayAll(replay);
        assertSame(guest, replay, ToyGuest.ram(), "seed " + seed + " round " + round);
      }
    }
  }

  @Test
  void everyObservationTwiceIsEveryObservationOnce() throws Exception {
    for (long seed = 0; seed < 30; seed++) {
      ToyGuest guest = new ToyGuest(seed);
      CaptureRounds rounds = rounds();
      ReplayedGuest replay = new ReplayedGuest();
      for (int round = 0; round < ROUNDS; round++) {
        guest.live();
        rounds.capture(
            guest,
            List.of(),
            ToyGuest.START,
            each -> {
              out.add(each);
              out.add(each);
            });
        replayAll(replay);
        assertSame(guest, replay, ToyGuest.ram(), "seed " + seed + " round " + round);
      }
    }
  }

  @Test
  void sequenceNumbersRiseByOneAndEveryRoundSaysWhereItBegan() {
    ToyGuest guest = new ToyGuest(1);
    CaptureRounds rounds = rounds();
    rounds.lifeCycle(LifeCycle.Event.STARTED, "", ToyGuest.START, out::add);
    for (int round = 0; round < ROUNDS; round++) {
      rounds.capture(guest, List.of(), ToyGuest.START, out::add);
      guest.live();
    }
    assertThat(out)
        .extracting(Observation::sequence)
        .containsExactlyElementsOf(LongStream.range(0, out.size()).boxed().toList());
    long began = -1;
    for (Observation each : out) {
      if (each.body() instanceof VcpuStates) {
        began = each.sequence();
      } else if (each.body() instanceof CaptureBoundary boundary) {
        assertThat(boundary.firstSequence()).isEqualTo(began);
      }
    }
  }

  @Test
  void anIdleRoundSaysNothingButItself() {
    ToyGuest guest = new ToyGuest(1);
    CaptureRounds rounds = rounds();
    rounds.capture(guest, List.of(), ToyGuest.START, out::add);
    out.clear();
    RoundTotals totals = rounds.capture(guest, List.of(), ToyGuest.START, out::add);
    assertThat(totals).isEqualTo(new RoundTotals(ToyGuest.FRAMES, 0, 0, 0));
    assertThat(out).hasSize(2);
    assertThat(out.get(0).body()).isEqualTo(new VcpuStates(1, false, List.of()));
    assertThat(out.get(1).body())
        .isEqualTo(
            new CaptureBoundary(1, false, PagesMode.FULL, out.get(0).sequence(), totals, false));
  }

  @Test
  void oneChangedByteTravelsAsAPatch() {
    ToyGuest guest = new ToyGuest(1);
    CaptureRounds rounds = rounds();
    rounds.capture(guest, List.of(), ToyGuest.START, out::add);
    out.clear();
    int was = guest.read(new FrameNumber(5)).orElseThrow().byteAt(100);
    guest.poke(5, 100, was + 1);
    rounds.capture(guest, List.of(), ToyGuest.START, out::add);
    PageDelta delta = ((PageDeltas) out.get(1).body()).pages().get(0);
    assertThat(delta.frame()).isEqualTo(new FrameNumber(5));
    assertThat(delta.payload()).containsExactly(100, 0, 1, 0, was + 1);
  }

  @Test
  void aFrameThatCannotBeReadIsSaidOnceAndCountedEachTime() {
    ToyGuest guest = new ToyGuest(1);
    CaptureRounds rounds = rounds();
    rounds.capture(guest, List.of(), ToyGuest.START, out::add);
    guest.lose(9);
    out.clear();
    assertThat(rounds.capture(guest, List.of(), ToyGuest.START, out::add))
        .isEqualTo(new RoundTotals(ToyGuest.FRAMES, 0, 1, 1));
    assertThat(((PageDeltas) out.get(1).body()).withdrawn())
        .containsExactly(new WithdrawnFrame(new FrameNumber(9), Withdrawal.UNREADABLE));
    assertThat(rounds.capture(guest, List.of(), ToyGuest.START, out::add))
        .isEqualTo(new RoundTotals(ToyGuest.FRAMES, 0, 0, 1));
  }

  @Test
  void aWatchedFrameThatNeverCouldBeReadIsSaidToo() {
    ToyGuest guest = new ToyGuest(1);
    guest.lose(9);
    RoundTotals totals = rounds().capture(guest, List.of(), ToyGuest.START, out::add);
    assertThat(totals.withdrawn()).isEqualTo(1);
    assertThat(totals.unreadable()).isEqualTo(1);
  }

  @Test
  void aRoundThatTheSinkBrokeOffIsFollowedByASnapshot() throws Exception {
    ToyGuest guest = new ToyGuest(1);
    CaptureRounds rounds = rounds();
    rounds.capture(guest, List.of(), ToyGuest.START, out::add);
    guest.live();
    int[] left = {1};
    assertThatThrownBy(
            () ->
                rounds.capture(
                    guest,
                    List.of(),
                    ToyGuest.START,
                    each -> {
                      if (left[0]-- == 0) {
                        throw new IOException("full");
                      }
                    }))
        .isInstanceOf(IOException.class);
    out.clear();
    rounds.capture(guest, List.of(), ToyGuest.START, out::add);
    assertThat(((VcpuStates) out.get(0).body()).snapshot()).isTrue();
    ReplayedGuest replay = new ReplayedGuest();
    replayAll(replay);
    assertSame(guest, replay, ToyGuest.ram(), "after the snapshot");
  }

  @Test
  void noObservationIsLargerThanHalfAMebibyte() throws Exception {
    CapturedVm longNames = new CapturedVm("\u20ac".repeat(85), "h".repeat(255), Long.MAX_VALUE);
    byte[] noise = new byte[4096];
    new Random(1).nextBytes(noise);
    PageSource memory =
        frame ->
            frame.value() % 1000 == 7
                ? Optional.empty()
                : Optional.of(io.plumbline.introspection.memory.PageBytes.wrap(noise));
    FrameSet high = FrameSet.range(new FrameNumber(FrameNumber.LIMIT - 2000), 2000);
    new CaptureRounds(longNames, WatchedFrames.all(high), 0)
        .capture(memory, List.of(), ToyGuest.START, out::add);
    RecordCodec<io.plumbline.schemas.Observation> codec =
        new RecordCodec<>(Contract.OBSERVATION, new EmbeddedSchemaRegistry());
    int largest = 0;
    for (Observation each : out) {
      largest = Math.max(largest, codec.encode(ObservationMapping.toRecord(each)).length);
    }
    assertThat(largest).isBetween(500 * 1024, DeltaBatch.MOST_BYTES);
  }

  private static CaptureRounds rounds() {
    return new CaptureRounds(VM, WatchedFrames.all(ToyGuest.ram()), 1 << 20);
  }

  private void replayAll(ReplayedGuest replay) throws Exception {
    for (Observation each : out) {
      replay.apply(each);
    }
    out.clear();
  }

  private static Observation shuffle(Observation observation, Random random) {
    if (!(observation.body() instanceof PageDeltas deltas)) {
      return observation;
    }
    List<PageDelta> pages = new ArrayList<>(deltas.pages());
    Collections.shuffle(pages, random);
    return new Observation(
        observation.vm(),
        observation.sequence(),
        observation.capturedAt(),
        new PageDeltas(deltas.round(), deltas.snapshot(), pages, deltas.withdrawn()));
  }

  private static void assertSame(
      PageSource guest, PageSource replay, FrameSet watched, String where) {
    for (long value = 0; value < ToyGuest.FRAMES; value++) {
      FrameNumber frame = new FrameNumber(value);
      Optional<byte[]> expected =
          watched.contains(frame) ? guest.read(frame).map(p -> p.toByteArray()) : Optional.empty();
      Map<String, Object> found = new HashMap<>();
      found.put("content", replay.read(frame).map(p -> p.toByteArray()).orElse(null));
      assertThat(found.get("content"))
          .as("%s frame %s", where, frame)
          .isEqualTo(expected.orElse(null));
    }
  }

  /** Watches other frames in every round. */
  private static final class WanderingWatch implements WatchedFrames {
    private final Random random;
    private FrameSet last = FrameSet.EMPTY;

    WanderingWatch(long seed) {
      random = new Random(seed);
    }

    @Override
    public PagesMode mode() {
      return PagesMode.KERNEL;
    }

    @Override
    public FrameSet of(PageSource memory, List<VcpuState> vcpus) {
      last =
          FrameSet.of(
              IntStream.range(0, ToyGuest.FRAMES)
                  .filter(frame -> random.nextInt(10) > 0)
                  .mapToObj(FrameNumber::new)
                  .toList());
      return last;
    }
  }
}
