package io.plumbline.cli.fleet;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a fleet cost.
 *
 * @param primeSeconds from the first snapshot published to the last VM judged
 * @param latencies from publishing a tampered or restored round to its finding
 * @param checkpointBytes of the newest checkpoint
 * @param heapBytes of the heap after a collection, above what it was without VMs
 */
public record FleetResult(
    Guests guests,
    double primeSeconds,
    Steady steady,
    Latencies latencies,
    long checkpointBytes,
    long heapBytes) {
  /**
   * Whom the fleet was of.
   *
   * @param byBuild how many VMs run which kernel
   * @param busy how many are at work
   * @param framesWatched of a VM, a mean
   * @param framesChanged in an untampered round of a VM, a mean
   */
  public record Guests(
      int vms, Map<String, Integer> byBuild, int busy, double framesWatched, double framesChanged) {
    static Guests of(List<SimulatedVm> vms) {
      Map<String, Integer> byBuild = new TreeMap<>();
      double watched = 0;
      double changed = 0;
      for (SimulatedVm vm : vms) {
        GuestModel model = vm.model();
        byBuild.merge(model.build(), 1, Integer::sum);
        watched += model.snapshot(vm.state()).totals().watched();
        changed += model.change(vm.state(), vm.untampered()).totals().changed();
      }
      int busy = (int) vms.stream().filter(SimulatedVm::isBusy).count();
      return new Guests(vms.size(), byBuild, busy, watched / vms.size(), changed / vms.size());
    }
  }

  /**
   * The time after every VM was judged.
   *
   * @param offered rounds that were published
   * @param completed rounds that the analysis was done with
   * @param judged of those, how many needed a verdict
   * @param cpuSeconds of everything but the load generator: job, broker, collection
   */
  public record Steady(
      double seconds, long offered, long completed, long judged, double cpuSeconds) {
    /** Cores that were busy with the fleet. */
    public double cores() {
      return cpuSeconds / seconds;
    }

    /** Whether as many rounds were done with as were offered, but for one in a hundred. */
    public boolean keptUp() {
      return completed >= 0.99 * offered;
    }
  }

  /**
   * VMs that a core carries at this interval, by the processor time of those rounds that were done
   * with.
   */
  public double vmsPerCore() {
    double carried = guests.vms * ((double) steady.completed / steady.offered);
    return carried / steady.cores();
  }
}
