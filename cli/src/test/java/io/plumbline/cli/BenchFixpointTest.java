package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.cli.CommandBench.Outcome;
import io.plumbline.cli.stage.ToyKernel;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench fixpoint} on tiny guests: what it prints and how it ends. */
class BenchFixpointTest {
  @TempDir private Path folder;
  private CommandBench bench;

  @BeforeEach
  void prepare() throws Exception {
    bench = new CommandBench(folder);
    bench.learnSyntheticKernel();
  }

  private Outcome measure(SyntheticGuest guest, String format) throws Exception {
    ToyImage image = ToyImage.write(guest, folder, "guest");
    return bench.run(
        "bench",
        "fixpoint",
        image.image().toString(),
        "--registers",
        image.registers().toString(),
        "-o",
        format);
  }

  @Test
  void sharesRiseFromStepToStepWithTheSignatureAndWithoutIt() throws Exception {
    Outcome outcome = measure(SyntheticImage.classic().guest(SyntheticGuest.longMode()), "jsonl");

    assertThat(outcome.exit()).as(outcome.err()).isZero();
    String[] lines = outcome.out().strip().split("\n");
    assertThat(lines).hasSize(2);
    for (int i = 0; i < 2; i++) {
      JsonNode row = new ObjectMapper().readTree(lines[i]);
      assertThat(row.at("/build").asText()).isEqualTo("synthetic");
      assertThat(row.at("/signature").asBoolean()).isEqualTo(i == 0);
      assertThat(row.at("/trust").asText()).isEqualTo(i == 0 ? "trusted" : "undecided");
      assertThat(row.at("/exploreMs").asDouble()).isPositive();
      assertThat(row.at("/bytesByStep/writable_data").asLong())
          .isGreaterThan(row.at("/bytesByStep/direct").asLong())
          .isLessThanOrEqualTo(row.at("/textBytes").asLong());
    }
  }

  @Test
  void theTableHasARowForEachWayToLook() throws Exception {
    Outcome outcome = measure(SyntheticImage.classic().guest(SyntheticGuest.longMode()), "table");

    assertThat(outcome.exit()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("writable data", "synthetic", "with ", "without");
  }

  @Test
  void aGuestOfAnotherBuildIsToldAndEndsWith4() throws Exception {
    Outcome outcome = measure(ToyKernel.clean(), "jsonl");

    assertThat(outcome.exit()).isEqualTo(4);
    assertThat(outcome.err()).contains("guest", "expected a guest whose build is known");
  }
}
