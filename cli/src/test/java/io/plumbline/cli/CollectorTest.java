package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.cli.collect.CollectedVm;
import io.plumbline.cli.collect.Collector;
import io.plumbline.cli.collect.CollectorConfiguration;
import io.plumbline.cli.stage.ToyKernel;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.Observation.CaptureBoundary;
import io.plumbline.ingest.capture.ObservationSink;
import io.plumbline.ingest.capture.PagesMode;
import io.plumbline.introspection.testing.SyntheticGuest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollectorTest {
  private static final long EPOCH = 42;

  @TempDir private Path folder;
  private final List<Observation> published = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final ObservationSink<RuntimeException> sink = published::add;
  private Collector collector;
  private long seconds;

  @BeforeEach
  void begin() throws IOException {
    write(ToyKernel.clean(), "one");
    List<CollectedVm> vms = List.of(vm("broken"), vm("one"));
    collector =
        new Collector(
            new CollectorConfiguration(
                "nobody:1",
                Optional.empty(),
                "host-1",
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                1 << 20,
                vms),
            EPOCH,
            notes::add);
  }

  @Test
  void everyNewVersionOfAnImageIsARoundAndAnOldOneIsNone() throws IOException {
    assertThat(collector.look(sink)).containsOnlyKeys("one");
    assertThat(collector.look(sink)).isEmpty();
    write(ToyKernel.hookedGate(14), "one");
    assertThat(collector.look(sink).get("one").changed()).isPositive();
    assertThat(boundaries()).extracting(CaptureBoundary::snapshot).containsExactly(true, false);
    assertThat(published)
        .allSatisfy(each -> assertThat(each.vm().collectorEpoch()).isEqualTo(EPOCH));
    assertThat(published)
        .extracting(Observation::sequence)
        .containsExactlyElementsOf(LongStream.range(0, published.size()).boxed().toList());
  }

  @Test
  void anImageThatCannotBeReadIsToldOnceAndKeepsNobodyFromTheOthers() throws IOException {
    collector.look(sink);
    collector.look(sink);
    assertThat(notes).hasSize(1);
    assertThat(notes.get(0)).startsWith("broken: ").endsWith("broken.lime: no such file");
    write(ToyKernel.clean(), "broken");
    assertThat(collector.look(sink)).containsOnlyKeys("broken");
  }

  @Test
  void anImageReplacedWhileItIsReadIsNotJudgedAndThenToldWhole() {
    boolean[] replaced = {false};
    collector.look(
        (ObservationSink<RuntimeException>)
            observation -> {
              published.add(observation);
              if (!replaced[0]) {
                replaced[0] = true;
                rewrite();
              }
            });
    assertThat(boundaries()).isEmpty();
    assertThat(notes).hasSize(2).last().asString().contains("one: the image was replaced");
    assertThat(collector.look(sink)).containsOnlyKeys("one");
    assertThat(boundaries()).singleElement().satisfies(b -> assertThat(b.snapshot()).isTrue());
  }

  @Test
  void aGuestThatIsAskedForIsToldWholeAgain() {
    collector.look(sink);
    collector.restate("one");
    collector.restate("nobody we know");
    assertThat(collector.look(sink)).containsOnlyKeys("one");
    assertThat(boundaries()).extracting(CaptureBoundary::snapshot).containsExactly(true, true);
  }

  private void rewrite() {
    try {
      write(ToyKernel.hookedGate(14), "one");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private CollectedVm vm(String id) {
    return new CollectedVm(
        id,
        folder.resolve(id + ".lime"),
        Optional.of(folder.resolve(id + ".json")),
        PagesMode.KERNEL);
  }

  /** Times are set, since two writes may fall into one tick of the file system's clock. */
  private void write(SyntheticGuest guest, String name) throws IOException {
    ToyImage files = ToyImage.write(guest, folder, name);
    Files.setLastModifiedTime(files.image(), FileTime.fromMillis(1000 * ++seconds));
  }

  private List<CaptureBoundary> boundaries() {
    return published.stream()
        .map(Observation::body)
        .filter(CaptureBoundary.class::isInstance)
        .map(CaptureBoundary.class::cast)
        .toList();
  }
}
