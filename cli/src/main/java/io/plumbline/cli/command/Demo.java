package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.answers.AnswerKey;
import io.plumbline.cli.answers.GuestScore;
import io.plumbline.cli.console.Colour;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Progress;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.embedded.EmbeddedException;
import io.plumbline.cli.embedded.EmbeddedJob;
import io.plumbline.cli.play.Playback;
import io.plumbline.cli.play.PlayedRound;
import io.plumbline.cli.results.Fleet;
import io.plumbline.cli.results.Result;
import io.plumbline.cli.results.ResultJson;
import io.plumbline.cli.results.ResultLine;
import io.plumbline.cli.results.VmCoverage;
import io.plumbline.cli.stage.Stage;
import io.plumbline.cli.wire.ResultTopics;
import io.plumbline.ingest.publish.ObservationPublisher;
import io.plumbline.ingest.publish.PublishException;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Plays recordings into a stage and tells what comes out: one thread that publishes a round when it
 * is due and reads results in between. It ends when everything played has been judged.
 */
final class Demo {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(100);

  /** The backlog costs three requests, so it is not asked for at every turn. */
  private static final Duration BACKLOG_EVERY = Duration.ofMillis(500);

  private final Console console;
  private final Stage stage;
  private final EmbeddedJob job;
  private final ResultTopics results;
  private final LongSupplier nanoTime;
  private final Fleet fleet = new Fleet();
  private final Map<String, GuestScore> scores = new LinkedHashMap<>();
  private final List<ObjectNode> events = new ArrayList<>();

  Demo(
      Console console,
      Stage stage,
      EmbeddedJob job,
      ResultTopics results,
      Map<String, AnswerKey> keys,
      LongSupplier nanoTime) {
    keys.forEach((vm, key) -> scores.put(vm, new GuestScore(key)));
    this.console = console;
    this.stage = stage;
    this.job = job;
    this.results = results;
    this.nanoTime = nanoTime;
  }

  /**
   * Plays everything, a round every {@code pace}.
   *
   * @throws IOException if a recording cannot be read, the job ends, or it does not keep up
   */
  void play(Playback playback, ObservationPublisher publisher, Duration pace)
      throws IOException, InterruptedException, PublishException, SchemaRegistryException {
    try (Progress progress = console.progress("playing")) {
      for (Optional<PlayedRound> round = playback.next(publisher);
          round.isPresent();
          round = playback.next(publisher)) {
        publisher.flush();
        tell(round.get());
        String detail = round.get().vmId() + " round " + round.get().round();
        long due = nanoTime.getAsLong() + pace.toNanos();
        do {
          progress.at(playback.played(), playback.observations(), detail);
          tellResults(POLL);
        } while (nanoTime.getAsLong() - due < 0);
        checkJob();
      }
      awaitVerdicts(progress, playback);
    }
  }

  /** A busy machine may take its time, but not stand still. */
  private void awaitVerdicts(Progress progress, Playback playback)
      throws IOException, InterruptedException, SchemaRegistryException {
    long backlog = stage.backlog();
    long deadline = nanoTime.getAsLong() + PATIENCE.toNanos();
    while (backlog > 0) {
      checkJob();
      progress.at(playback.played(), playback.observations(), "waiting for the last verdicts");
      tellResults(BACKLOG_EVERY);
      long left = stage.backlog();
      if (left < backlog) {
        backlog = left;
        deadline = nanoTime.getAsLong() + PATIENCE.toNanos();
      } else if (nanoTime.getAsLong() - deadline > 0) {
        throw new EmbeddedException(
            String.format(
                "the job stands still: %d observations not judged, none of them in the last %d s",
                left, PATIENCE.toSeconds()));
      }
    }
    results.readToEnd(this::tell);
  }

  private void checkJob() throws IOException, InterruptedException {
    Optional<String> failure = job.failure();
    if (failure.isPresent()) {
      throw new EmbeddedException("the job ended: " + failure.get());
    }
  }

  private void tellResults(Duration patience) throws SchemaRegistryException {
    results.poll(patience).forEach(this::tell);
  }

  private void tell(PlayedRound round) {
    if (round.round() >= 0) {
      scores.get(round.vmId()).roundPlayed();
    }
    if (console.format() == OutputFormat.TABLE) {
      String text = round.vmId() + " round " + round.round() + "  " + round.note();
      console.line(console.paint(Colour.DIM, "played    " + Table.printable(text.strip())));
    } else {
      ObjectNode node = JsonNodeFactory.instance.objectNode().put("event", "round");
      node.put("vm", round.vmId()).put("capturedAt", round.capturedAt().toString());
      emit(node.put("round", round.round()).put("note", round.note()));
    }
  }

  private void tell(Result result) {
    GuestScore score = scores.get(result.vmId());
    if (score != null) {
      score.add(result);
    }
    if (!fleet.apply(result)) {
      return; // said before
    }
    if (console.format() != OutputFormat.TABLE) {
      emit(ResultJson.of(result));
    } else if (!(result instanceof VmCoverage)) {
      ResultLine.of(result, console).forEach(console::line);
    }
  }

  private void emit(ObjectNode node) {
    if (console.format() == OutputFormat.JSONL) {
      console.json(node);
    } else {
      events.add(node);
    }
  }

  /**
   * The end of the story: one row for each guest.
   *
   * @return whether what was said is what was done to the guests
   */
  boolean summarise() {
    DemoSummary summary = new DemoSummary(fleet, scores);
    switch (console.format()) {
      case TABLE -> {
        console.line("");
        console.table(summary.table());
        console.line(
            console.paint(summary.asExpected() ? Colour.GREEN : Colour.RED, summary.conclusion()));
      }
      case JSONL -> summary.objects().forEach(console::json);
      case JSON -> {
        events.addAll(summary.objects());
        console.json(JsonNodeFactory.instance.arrayNode().addAll(events));
      }
    }
    return summary.asExpected();
  }
}
