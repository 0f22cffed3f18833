package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.cli.CommandBench.Outcome;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench follow} on a tiny guest of which two rounds were recorded. */
class BenchFollowTest {
  private static final long DATA = 0xffff_c900_0000_0000L;

  @TempDir private Path folder;
  private CommandBench bench;
  private Path recording;

  @BeforeEach
  void prepare() throws Exception {
    bench = new CommandBench(folder);
    bench.learnSyntheticKernel();
    recording = folder.resolve("guest.avro");
    bench.record(recording, image("first", 1), image("second", 2));
  }

  private ToyImage image(String name, int byteOfData) throws IOException {
    SyntheticGuestBuilder guest =
        SyntheticGuest.longMode().place(DATA, new byte[] {(byte) byteOfData}, Rights.KERNEL_DATA);
    return ToyImage.write(SyntheticImage.classic().guest(guest), folder, name);
  }

  private Outcome measure(String rounds) {
    return bench.run(
        "bench",
        "follow",
        "-o",
        "json",
        "--gibibytes",
        "0",
        "--changes",
        "16",
        "--compared",
        "4",
        "--rounds",
        rounds,
        recording.toString());
  }

  @Test
  void bothWaysToFollowAreMeasuredBetweenTwoRounds() throws Exception {
    Outcome outcome = measure("0,1");

    assertThat(outcome.exit()).as(outcome.err()).isZero();
    List<JsonNode> results = new ArrayList<>();
    new ObjectMapper()
        .readerFor(JsonNode.class)
        .<JsonNode>readValues(outcome.out())
        .forEachRemaining(results::add);
    assertThat(results)
        .extracting(result -> result.at("/changed").asText())
        .containsExactly("round", "light round", "text", "unused data");
    assertThat(results)
        .allSatisfy(
            result -> {
              assertThat(result.at("/compared").asInt()).isEqualTo(4);
              assertThat(result.at("/different").asInt(-1)).isZero();
              assertThat(result.at("/medianMicros").asDouble()).isPositive();
            });
  }

  @Test
  void aRoundThatIsNoneIsRefused() {
    Outcome one = measure("0");
    Outcome none = measure("0,7");

    assertThat(one.exit()).isEqualTo(2);
    assertThat(one.err()).contains("--rounds: expected two numbers of rounds, found [0]");
    assertThat(none.exit()).isEqualTo(4);
    assertThat(none.err()).contains("guest.avro: expected round 7, found 2 rounds, from 0 on");
  }
}
