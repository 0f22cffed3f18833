package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A job that is stopped with its state, and goes on with another parallelism, as Flink itself
 * distributes the state.
 */
@SuppressWarnings(
    "try") // The harness' close may throw InterruptedException, which then ends the test.
class RescaledJobTest {
  private static final int VMS = 12;
  private static final String ID = "sha256:" + "c3".repeat(32);

  /** Every parallel instance of the operator. */
  private static final class Job implements AutoCloseable {
    private final List<AnalysisHarness> instances = new ArrayList<>();

    Job(int parallelism, boolean rocksDb) throws Exception {
      for (int instance = 0; instance < parallelism; instance++) {
        AnalysisHarness harness =
            new AnalysisHarness(
                PackagedKernel::judge, RescaledJobTest::load, () -> 0, parallelism, instance);
        instances.add(rocksDb ? harness.onRocksDb() : harness);
      }
    }

    Job start() throws Exception {
      for (AnalysisHarness each : instances) {
        each.open();
      }
      return this;
    }

    Job restore(OperatorSubtaskState state, int before) throws Exception {
      for (int instance = 0; instance < instances.size(); instance++) {
        instances
            .get(instance)
            .initializeState(
                AbstractStreamOperatorTestHarness.repartitionOperatorState(
                    state, AnalysisHarness.MAX_PARALLELISM, before, instances.size(), instance));
      }
      return start();
    }

    OperatorSubtaskState stop() throws Exception {
      OperatorSubtaskState[] states = new OperatorSubtaskState[instances.size()];
      for (int instance = 0; instance < states.length; instance++) {
        states[instance] = instances.get(instance).snapshot(1, 1);
      }
      return AbstractStreamOperatorTestHarness.repackageState(states);
    }

    void announce(SignatureEntry entry) throws Exception {
      for (AnalysisHarness each : instances) {
        each.processBroadcastElement(entry, 0);
      }
    }

    void observe(List<VmObservation> observations) throws Exception {
      for (VmObservation each : observations) {
        instances
            .get(
                KeyGroupRangeAssignment.assignKeyToParallelOperator(
                    each.vmId(), AnalysisHarness.MAX_PARALLELISM, instances.size()))
            .processElement(each, 0);
      }
    }

    List<Object> everything() {
      List<Object> all = new ArrayList<>();
      for (AnalysisHarness each : instances) {
        all.addAll(each.extractOutputValues());
        all.addAll(each.said(Outputs.IDENTITIES));
        all.addAll(each.said(Outputs.COVERAGE));
        all.addAll(each.said(Outputs.TRUST));
        all.addAll(each.said(Outputs.RESYNC_REQUESTS));
      }
      return all;
    }

    @Override
    public void close() throws Exception {
      for (AnalysisHarness each : instances) {
        each.close();
      }
    }
  }

  private static KernelSignature load(SignatureId id, String location) {
    return new PackagedKernel().signature(id.value());
  }

  /** Each VM's story; where it is when the job is stopped differs from VM to VM. */
  private static Map<String, List<VmObservation>> stories() {
    Map<String, List<VmObservation>> stories = new TreeMap<>();
    for (int vm = 0; vm < VMS; vm++) {
      CaptureScript script = new CaptureScript("vm-" + vm, 100).capture(PackagedKernel.guest());
      script.capture(vm % 2 == 0 ? PackagedKernel.tampered() : PackagedKernel.guest());
      script.capture(PackagedKernel.guest());
      stories.put("vm-" + vm, script.observations());
    }
    return stories;
  }

  private static int part(String vm, List<VmObservation> story) {
    return Integer.parseInt(vm.substring(3)) % (story.size() + 1);
  }

  @ParameterizedTest
  @CsvSource({"2, 3, true", "2, 4, false", "4, 1, false", "3, 2, true"})
  void whateverTheParallelismBeforeAndAfterTheSameIsSaid(int before, int after, boolean rocksDb)
      throws Exception {
    Map<String, List<VmObservation>> stories = stories();
    List<Object> uninterrupted;
    try (Job one = new Job(1, rocksDb).start()) {
      one.announce(PackagedKernel.entry(ID, false));
      for (List<VmObservation> story : stories.values()) {
        one.observe(story);
      }
      uninterrupted = one.everything();
    }
    OperatorSubtaskState savepoint;
    List<Object> said;
    try (Job job = new Job(before, rocksDb).start()) {
      job.announce(PackagedKernel.entry(ID, false));
      for (var each : stories.entrySet()) {
        job.observe(each.getValue().subList(0, part(each.getKey(), each.getValue())));
      }
      savepoint = job.stop();
      said = job.everything();
    }
    try (Job job = new Job(after, rocksDb).restore(savepoint, before)) {
      for (var each : stories.entrySet()) {
        List<VmObservation> story = each.getValue();
        job.observe(story.subList(part(each.getKey(), story), story.size()));
      }
      said.addAll(job.everything());
    }
    assertThat(uninterrupted).hasSizeGreaterThan(3 * VMS);
    assertThat(said).containsExactlyInAnyOrderElementsOf(uninterrupted);
  }
}
