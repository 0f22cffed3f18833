package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.trust.Judge;
import java.util.HashMap;
import java.util.Map;

/** The VMs that one instance judged, and what changed of each since. Not for several threads. */
final class FollowedVms {
  private final FollowerPlaces places;
  private final Map<String, FollowedVm> judged = new HashMap<>();

  /**
   * @param places shared with other instances
   */
  FollowedVms(FollowerPlaces places) {
    this.places = places;
  }

  /** A VM that is judged now. */
  FollowedVm of(String vmId, Judge judge) {
    FollowedVm vm = judged.computeIfAbsent(vmId, fresh -> new FollowedVm());
    places.ask(vm, judge);
    return vm;
  }

  /** A VM was judged. */
  void judged(FollowedVm vm) {
    places.judged(vm);
  }

  /** Takes note that a frame of a VM may hold something else, if it was judged. */
  void changed(String vmId, long frame) {
    FollowedVm vm = judged.get(vmId);
    if (vm != null) {
      vm.changed(frame);
    }
  }

  /** Forgets a VM whose memory is another. */
  void forget(String vmId) {
    FollowedVm vm = judged.remove(vmId);
    if (vm != null) {
      places.leave(vm);
    }
  }

  /**
   * Forgets all of them. Flink may have closed the loader of the job's classes by now, and ends the
   * process if one is missing: whatever is named here was loaded before, or there are no VMs.
   */
  void forgetAll() {
    for (FollowedVm vm : judged.values()) {
      places.leave(vm);
    }
    judged.clear();
  }
}
