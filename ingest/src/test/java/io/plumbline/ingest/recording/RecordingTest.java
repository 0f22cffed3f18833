package io.plumbline.ingest.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.Observation.LifeCycle;
import io.plumbline.ingest.capture.ToyGuest;
import io.plumbline.ingest.capture.WatchedFrames;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingTest {
  private static final RecordingHeader HEADER =
      new RecordingHeader(
          "vm-1",
          "a toy of 64 frames",
          "",
          "0.1.0",
          Map.of("round.2", "idle", "round.3", "module geladen: \u00fc"));

  @TempDir Path folder;

  @Test
  void whatIsRecordedIsRead() throws Exception {
    List<Observation> observations = observations(1);
    Path file = record(observations, "a.avro");
    try (RecordingReader reader = new RecordingReader(file)) {
      assertThat(reader.header()).isEqualTo(HEADER);
      assertThat(reader.observations()).isEqualTo(observations.size());
      assertThat(readAll(reader)).isEqualTo(observations);
    }
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void theSameObservationsGiveTheSameBytes() throws Exception {
    byte[] one = Files.readAllBytes(record(observations(1), "a.avro"));
    byte[] two = Files.readAllBytes(record(observations(1), "b.avro"));
    assertThat(one).isEqualTo(two);
  }

  @Test
  void everyTruncationIsRefused() throws Exception {
    byte[] whole = Files.readAllBytes(record(observations(1), "a.avro"));
    Random random = new Random(1);
    for (int attempt = 0; attempt < 200; attempt++) {
      int length = attempt < 40 ? attempt : random.nextInt(whole.length);
      assertRefused(Arrays.copyOf(whole, length), "cut to " + length);
    }
    assertRefused(Arrays.copyOf(whole, whole.length - 1), "one byte short");
    assertRefused(Arrays.copyOf(whole, whole.length + 1), "one byte long");
  }

  @Test
  void everyFlippedBitIsRefused() throws Exception {
    byte[] whole = Files.readAllBytes(record(observations(1), "a.avro"));
    Random random = new Random(2);
    for (int attempt = 0; attempt < 300; attempt++) {
      byte[] flipped = whole.clone();
      int bit = attempt < 100 ? attempt * 8 : random.nextInt(whole.length * 8);
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      assertRefused(flipped, "bit " + bit);
    }
  }

  @Test
  void aRecordingThatIsNotFinishedLeavesNothing() throws Exception {
    Path file = folder.resolve("a.avro");
    try (RecordingWriter writer = new RecordingWriter(file, HEADER)) {
      writer.accept(observations(1).get(0));
    }
    try (var files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void aRecordingThatIsAbandonedMeanwhileLeavesNothing() throws Exception {
    Path file = folder.resolve("a.avro");
    try (RecordingWriter writer = new RecordingWriter(file, HEADER)) {
      writer.accept(observations(1).get(0));
      writer.abandon();
      writer.accept(observations(1).get(1));
      assertThatThrownBy(writer::finish)
          .isInstanceOf(RecordingWriteException.class)
          .hasMessageContainingAll(file.toString(), "found it abandoned");
    }
    try (var files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void aDeviceOrAFolderIsNeverReplacedByARecording() throws Exception {
    for (Path target : List.of(folder, Path.of("/dev/null"), folder.resolve("no/folder"))) {
      assertThatThrownBy(() -> new RecordingWriter(target, HEADER).close())
          .isInstanceOf(RecordingWriteException.class)
          .hasMessageContainingAll("recording " + target, "expected", "found");
    }
    try (var files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void whatIsNoRegularFileIsNotWaitedFor() {
    assertThatThrownBy(() -> new RecordingReader(Path.of("/dev/null")))
        .isInstanceOf(RecordingException.class)
        .hasMessage("recording /dev/null: expected a readable regular file, found none");
  }

  @Test
  void aSealedRecordingInASchemaByWhichReadingNeverEndsIsRefused() throws Exception {
    String ours = io.plumbline.schemas.wire.Contract.OBSERVATION.schema().toString();
    String hollow = "{\"name\":\"hollow\",\"type\":{\"type\":\"array\",\"items\":\"null\"}},";
    int fields = ours.indexOf("\"fields\":[") + "\"fields\":[".length();
    String theirs = ours.substring(0, fields) + hollow + ours.substring(fields);
    Path file = folder.resolve("hollow.avro");
    try (DataFileWriter<Object> writer = new DataFileWriter<>(new GenericDatumWriter<>())) {
      HEADER.metadata().forEach(writer::setMeta);
      writer.create(new Schema.Parser().parse(theirs), file.toFile());
    }
    RecordingSeal.put(file, 1);
    assertThatThrownBy(() -> new RecordingReader(file))
        .isInstanceOf(RecordingException.class)
        .hasMessageContainingAll("hollow.avro", "elements of at least one byte");
  }

  @Test
  void aNameWithControlCharactersIsNobodys() {
    assertThatThrownBy(() -> new CapturedVm("vm\n1", "host", 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("VM id: expected printable characters, found control characters");
  }

  @Test
  void aMissingObservationShowsInTheReplay() throws Exception {
    List<Observation> observations = observations(1);
    observations.remove(4);
    ReplayedGuest guest = new ReplayedGuest();
    assertThatThrownBy(
            () -> {
              for (Observation each : observations) {
                guest.apply(each);
              }
            })
        .isInstanceOf(ReplayedGuest.ReplayException.class)
        .hasMessage("observation 7/5 of vm-1: expected 7/4");
  }

  @Test
  void anObservationOfAnotherVmIsNotTaken() throws Exception {
    Observation first = observations(1).get(0);
    Observation strange =
        new Observation(new CapturedVm("vm-2", "host-1", 7), 0, first.capturedAt(), first.body());
    try (RecordingWriter writer = new RecordingWriter(folder.resolve("a.avro"), HEADER)) {
      assertThatThrownBy(() -> writer.accept(strange))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("vm-1", "vm-2");
    }
  }

  private void assertRefused(byte[] bytes, String what) throws Exception {
    Path file = Files.write(folder.resolve("damaged.avro"), bytes);
    assertThatThrownBy(
            () -> {
              try (RecordingReader reader = new RecordingReader(file)) {
                readAll(reader);
              }
            })
        .as(what)
        .isInstanceOf(RecordingException.class)
        .hasMessageContainingAll(file.toString(), "expected", "found");
  }

  private Path record(List<Observation> observations, String name) throws Exception {
    Path file = folder.resolve(name);
    try (RecordingWriter writer = new RecordingWriter(file, HEADER)) {
      for (Observation each : observations) {
        writer.accept(each);
      }
      writer.finish();
    }
    return file;
  }

  private static List<Observation> readAll(RecordingReader reader) throws Exception {
    List<Observation> all = new ArrayList<>();
    for (Optional<Observation> next = reader.next(); next.isPresent(); next = reader.next()) {
      all.add(next.get());
    }
    return all;
  }

  private static List<Observation> observations(long seed) {
    List<Observation> observations = new ArrayList<>();
    ToyGuest guest = new ToyGuest(seed);
    CaptureRounds rounds =
        new CaptureRounds(
            new CapturedVm("vm-1", "host-1", 7), WatchedFrames.all(ToyGuest.ram()), 1 << 20);
    rounds.lifeCycle(LifeCycle.Event.STARTED, "boot", ToyGuest.START, observations::add);
    for (int round = 0; round < 6; round++) {
      rounds.capture(
          guest, ToyGuest.vcpus(round), ToyGuest.START.plusSeconds(round), observations::add);
      guest.live();
    }
    return observations;
  }
}
