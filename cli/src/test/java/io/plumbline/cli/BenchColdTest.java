package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.cli.CommandBench.Outcome;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench cold} on a tiny guest: what it prints with its package prepared, and without. */
class BenchColdTest {
  @TempDir private Path folder;
  private CommandBench bench;
  private Path recording;

  @BeforeEach
  void prepare() throws Exception {
    bench = new CommandBench(folder);
    bench.learnSyntheticKernel();
    ToyImage image =
        ToyImage.write(SyntheticImage.classic().guest(SyntheticGuest.longMode()), folder, "guest");
    recording = folder.resolve("guest.avro");
    bench.record(recording, image);
  }

  private Outcome measure(String... options) {
    List<String> command = new ArrayList<>(List.of("bench", "cold", "--vms", "40"));
    command.addAll(List.of(options));
    command.add(recording.toString());
    return bench.run(command.toArray(String[]::new));
  }

  @Test
  void whatIsPreparedAheadIsMeasuredByItself() throws Exception {
    Outcome outcome = measure("-o", "json");

    assertThat(outcome.exit()).as(outcome.err()).isZero();
    JsonNode result = new ObjectMapper().readTree(outcome.out());
    assertThat(result.at("/prepared").asBoolean()).isTrue();
    assertThat(result.at("/preparedBuilds").asInt()).isOne();
    assertThat(result.at("/prepareMs").asDouble()).isPositive();
    assertThat(result.at("/unpreparedMs/verify").asDouble())
        .isGreaterThan(result.at("/firstMs/verify").asDouble());
    assertThat(result.at("/firstMs/total").asDouble()).isPositive();
    assertThat(result.at("/vms").asInt()).isEqualTo(40);
    // A kind is learnt of the second of its guests.
    assertThat(result.at("/exploredAlone").asInt(-1)).isBetween(0, 2);
  }

  @Test
  void unpreparedTheFirstVmIsAllThatIsTold() throws Exception {
    Outcome outcome = measure("-o", "json", "--unprepared");

    assertThat(outcome.exit()).as(outcome.err()).isZero();
    JsonNode result = new ObjectMapper().readTree(outcome.out());
    assertThat(result.at("/prepared").asBoolean(true)).isFalse();
    assertThat(result.has("prepareMs")).isFalse();
    assertThat(result.at("/firstMs/verify").asDouble()).isPositive();
  }

  @Test
  void theTableSaysWhetherThePackageWasPrepared() throws Exception {
    assertThat(measure("-o", "table").out())
        .contains("1 package prepared ahead", "the two together, as if not prepared");
    assertThat(measure("-o", "table", "--unprepared").out())
        .contains("first of the kernel, package not prepared")
        .doesNotContain("prepared ahead");
  }
}
