package io.plumbline.cli.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.cli.results.Fleet;
import io.plumbline.cli.results.Result;
import io.plumbline.cli.results.VmFinding;
import io.plumbline.cli.results.VmIdentity;
import io.plumbline.cli.results.VmTrust;
import io.plumbline.ingest.capture.CaptureRounds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The pipeline on a broker that shares nothing with this process where a Docker engine is there,
 * and on the broker in this process where not; the name of the run says which. {@code
 * docs/how-to/containers.md} tells how an engine and an image can be had.
 */
class BrokerPipelineTest {
  @TempDir private Path folder;

  static Stream<TestBroker> theBestBrokerHere() throws InterruptedException {
    TestBroker broker = ContainerBroker.orInProcess();
    System.out.println("BrokerPipelineTest runs on " + broker);
    return Stream.of(broker);
  }

  @ParameterizedTest(name = "on {0}")
  @MethodSource("theBestBrokerHere")
  void ofThreeGuestsOnOneBrokerOnlyTheTamperedOneAlerts(TestBroker broker) throws Exception {
    try (ToyPipeline pipeline = ToyPipeline.raise(broker, folder, Duration.ofSeconds(1))) {
      pipeline.analyse(Optional.empty());
      CaptureRounds first = ToyPipeline.rounds("vm-1");
      CaptureRounds second = ToyPipeline.rounds("vm-2");
      CaptureRounds third = ToyPipeline.rounds("vm-3");
      for (CaptureRounds rounds : List.of(first, second, third)) {
        pipeline.capture(rounds, ToyKernel.clean());
      }
      pipeline.capture(first, ToyKernel.clean());
      pipeline.capture(second, ToyKernel.hookedLstar());
      pipeline.capture(third, ToyKernel.clean());
      pipeline.flush();
      pipeline.awaitVerdicts();
      List<Result> results = pipeline.results();

      Fleet fleet = new Fleet();
      results.forEach(fleet::apply);
      for (String vm : List.of("vm-1", "vm-2", "vm-3")) {
        String trust = vm.equals("vm-2") ? "violated" : "trusted";
        assertThat(fleet.identity(vm).flatMap(VmIdentity::build)).contains(ToyKernel.BUILD);
        assertThat(fleet.trust(vm).map(VmTrust::state)).as(vm).contains(trust);
      }
      assertThat(ToyPipeline.findings(results))
          .extracting(VmFinding::vmId, VmFinding::round, VmFinding::activity)
          .containsExactly(tuple("vm-2", 1L, "open"));
    }
  }
}
