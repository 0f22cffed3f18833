package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.Liveness;
import io.plumbline.introspection.reach.Sharing;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/**
 * Counters of one parallel instance: observations by what the protocol made of them ({@code
 * moves.lose} are gaps, {@code moves.complete} are rounds), refusals, verdicts and their time,
 * rounds that share the verdict of a later one, VMs that became live, stale and so on, announced
 * signatures that cannot be read, builds that are prepared ahead, and how often one could not be.
 */
final class AnalysisMetrics {
  private final Map<Move, Counter> moves = new EnumMap<>(Move.class);
  private final Counter refusals;
  private final Counter verdicts;
  private final Counter verdictMillis;
  private final Counter roundsCoalesced;
  private final Map<Liveness, Counter> liveness = new EnumMap<>(Liveness.class);
  private volatile long lastVerdictMillis;
  private volatile long unreadableSignatures;

  /**
   * @param shared what all instances of the process share, by name
   * @param followed how many VMs the process follows
   * @param ahead what this instance has prepared
   */
  AnalysisMetrics(
      MetricGroup group, Map<String, Sharing> shared, IntSupplier followed, BuildsAhead ahead) {
    MetricGroup byMove = group.addGroup("moves");
    for (Move move : Move.values()) {
      moves.put(move, byMove.counter(move.name().toLowerCase(Locale.ROOT)));
    }
    refusals = group.counter("deadLetters");
    verdicts = group.counter("verdicts");
    verdictMillis = group.counter("verdictMillis");
    roundsCoalesced = group.counter("roundsCoalesced");
    MetricGroup became = group.addGroup("became");
    for (Liveness each : Liveness.values()) {
      liveness.put(each, became.counter(each.name().toLowerCase(Locale.ROOT)));
    }
    MetricGroup byName = group.addGroup("shared");
    shared.forEach(
        (name, sharing) -> {
          MetricGroup each = byName.addGroup(name);
          each.gauge("found", sharing::timesFound);
          each.gauge("made", sharing::timesMade);
        });
    group.gauge("followedVms", followed::getAsInt);
    group.gauge("preparedBuilds", ahead::size);
    group.gauge("unpreparedBuilds", ahead::failures);
    group.gauge("lastVerdictMillis", () -> lastVerdictMillis);
    group.gauge("unreadableSignatures", () -> unreadableSignatures);
  }

  void counted(Move move) {
    moves.get(move).inc();
  }

  void refused() {
    refusals.inc();
  }

  void judged(long nanos) {
    lastVerdictMillis = TimeUnit.NANOSECONDS.toMillis(nanos);
    verdicts.inc();
    verdictMillis.inc(lastVerdictMillis);
  }

  void coalesced(long rounds) {
    roundsCoalesced.inc(rounds);
  }

  void liveness(Liveness now) {
    liveness.get(now).inc();
  }

  void unreadableSignatures(long now) {
    unreadableSignatures = now;
  }
}
