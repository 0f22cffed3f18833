package io.plumbline.cli.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.cli.answers.AnswerKey;
import io.plumbline.cli.answers.GuestScore;
import io.plumbline.cli.embedded.EmbeddedJob;
import io.plumbline.cli.play.Playback;
import io.plumbline.cli.play.PlayedRound;
import io.plumbline.cli.results.Result;
import io.plumbline.cli.results.VmFinding;
import io.plumbline.cli.stage.Announcing;
import io.plumbline.cli.stage.Closing;
import io.plumbline.cli.stage.Stage;
import io.plumbline.cli.stage.StageSettings;
import io.plumbline.cli.wire.ResultTopics;
import io.plumbline.ingest.publish.ObservationPublisher;
import io.plumbline.ingest.publish.PublisherSettings;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.signaturestore.keep.EnrolledSignatures;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The recorded guests through an in-process Kafka and Flink: real rounds of real kernels, from the
 * observation to the finding on its topic.
 */
class DemoTest {
  private static final Instant ANNOUNCED = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration LIMIT = Duration.ofMinutes(4);
  private static final EmbeddedSchemaRegistry REGISTRY = new EmbeddedSchemaRegistry();

  @Test
  void guestsSideBySideAreReportedAsTheyWereTamperedWith() throws Exception {
    List<Path> recordings = List.of(Samples.recording("5.10"), Samples.recording("6.1."));
    try (Closing closing = new Closing();
        Playback playback = Playback.open(recordings)) {
      Stage stage = stage(closing, Duration.ofSeconds(1));
      EmbeddedJob job = stage.analyse(Optional.empty());
      Map<String, GuestScore> scores = new LinkedHashMap<>();
      for (Path recording : recordings) {
        scores.put(Samples.vmId(recording), new GuestScore(Samples.key(recording)));
      }
      try (ObservationPublisher publisher = publisher(stage)) {
        for (Optional<PlayedRound> round = playback.next(publisher);
            round.isPresent();
            round = playback.next(publisher)) {
          scores.get(round.get().vmId()).roundPlayed();
        }
        publisher.flush();
      }
      awaitVerdicts(stage);
      assertThat(job.failure()).isEmpty();

      List<Result> results = results(stage);
      results.forEach(result -> scores.get(result.vmId()).add(result));
      for (Map.Entry<String, GuestScore> each : scores.entrySet()) {
        String vm = each.getKey();
        GuestScore score = each.getValue();
        assertThat(score.buildRight()).as("build of %s", vm).isTrue();
        assertThat(score.silentRounds()).as("quiet of %s", vm).isEqualTo(score.quietRounds());
        assertThat(score.alertedRounds()).as("alerts of %s", vm).isEqualTo(score.tamperingRounds());
        assertThat(score.unexpectedFindings()).as("false alerts of %s", vm).isZero();
        assertThat(score.asExpected()).as(vm).isTrue();
      }
    }
  }

  /**
   * The job dies after it has reported what no checkpoint covers; the next one starts from the
   * checkpoint, judges the same rounds again and says the same ids, and no others.
   */
  @Test
  void aJobKilledBetweenTwoCheckpointsFindsEveryFindingExactlyOnceByUid() throws Exception {
    Path recording = Samples.recording("5.10");
    Set<String> wanted = uidsOfDirectJudgement(recording);
    AnswerKey key = Samples.key(recording);
    assertThat(wanted)
        .hasSize(key.rounds().stream().mapToInt(round -> round.findings().size()).sum());
    try (Closing closing = new Closing();
        Playback playback = Playback.open(List.of(recording))) {
      Stage stage = stage(closing, Duration.ofDays(1));
      EmbeddedJob first = stage.analyse(Optional.empty());
      Set<String> saidByTheFirst;
      try (ObservationPublisher publisher = publisher(stage)) {
        playUpTo(firstTampering(key), playback, publisher);
        String checkpoint = awaitCheckpoint(stage, first);
        assertThat(findings(stage)).as("findings of quiet rounds").isEmpty();

        playUpTo(firstTampering(key) + 2, playback, publisher);
        saidByTheFirst = awaitUids(stage, 2);
        first.cancel();

        EmbeddedJob second = stage.analyse(Optional.of(checkpoint));
        playUpTo(key.rounds().size(), playback, publisher);
        awaitCheckpoint(stage, second);
        assertThat(second.failure()).isEmpty();
      }
      List<VmFinding> said = findings(stage);
      assertThat(uids(said)).isEqualTo(wanted);
      for (String uid : saidByTheFirst) {
        assertThat(said.stream().filter(each -> each.uid().equals(uid) && each.open()))
            .as("the second job said again what the first had said: %s", uid)
            .hasSizeGreaterThan(1);
      }
    }
  }

  private static int firstTampering(AnswerKey key) {
    int round = 0;
    while (!key.rounds().get(round).tampering()) {
      round++;
    }
    return round;
  }

  private static Set<String> uidsOfDirectJudgement(Path recording) throws Exception {
    EnrolledSignatures book = Samples.book();
    String vmId = Samples.vmId(recording);
    Set<String> uids = new LinkedHashSet<>();
    Samples.replay(
        recording,
        (boundary, observation, guest) ->
            Samples.judge(vmId, guest, book).findings().stream()
                .map(Finding::uid)
                .forEach(uids::add));
    return uids;
  }

  /** Plays until the round before {@code round}, counted from 0. */
  private static void playUpTo(int round, Playback playback, ObservationPublisher publisher)
      throws Exception {
    long last = -1;
    while (last < round - 1) {
      Optional<PlayedRound> played = playback.next(publisher);
      if (played.isEmpty()) {
        break;
      }
      last = played.get().round();
    }
    publisher.flush();
  }

  private static Stage stage(Closing closing, Duration checkpoints) throws Exception {
    Stage stage = Stage.raise(closing, StageSettings.small(Samples.SIGNATURES, checkpoints));
    SignatureStore store = new SignatureStore(Samples.SIGNATURES);
    assertThat(Announcing.announce(store, stage.broker(), REGISTRY, ANNOUNCED)).isPositive();
    return stage;
  }

  private static ObservationPublisher publisher(Stage stage) throws Exception {
    return new ObservationPublisher(PublisherSettings.of(stage.broker().address()), REGISTRY);
  }

  private static void awaitVerdicts(Stage stage) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (stage.backlog() > 0) {
      assertThat(System.nanoTime() - deadline).as("nanoseconds over the limit").isNegative();
      Thread.sleep(200);
    }
  }

  /** Takes checkpoints until one covers everything published; where that one lies. */
  private static String awaitCheckpoint(Stage stage, EmbeddedJob job) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    String checkpoint = job.checkpoint();
    while (stage.backlog() > 0) {
      assertThat(System.nanoTime() - deadline).as("nanoseconds over the limit").isNegative();
      Thread.sleep(200);
      checkpoint = job.checkpoint();
    }
    return checkpoint;
  }

  private static Set<String> awaitUids(Stage stage, int count) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    Set<String> uids = uids(findings(stage));
    while (uids.size() < count) {
      assertThat(System.nanoTime() - deadline).as("nanoseconds over the limit").isNegative();
      Thread.sleep(200);
      uids = uids(findings(stage));
    }
    return uids;
  }

  private static Set<String> uids(List<VmFinding> findings) {
    Set<String> uids = new LinkedHashSet<>();
    findings.forEach(finding -> uids.add(finding.uid()));
    return uids;
  }

  private static List<Result> results(Stage stage) throws Exception {
    try (ResultTopics topics = ResultTopics.open(stage.broker().properties(), REGISTRY)) {
      return topics.readToEnd();
    }
  }

  private static List<VmFinding> findings(Stage stage) throws Exception {
    List<VmFinding> findings = new ArrayList<>();
    for (Result result : results(stage)) {
      if (result instanceof VmFinding finding) {
        findings.add(finding);
      }
    }
    return findings;
  }
}
