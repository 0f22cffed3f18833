package io.plumbline.introspection.trust;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.RecentPages;
import java.util.List;

/**
 * One virtual machine as it stood at a capture boundary.
 *
 * @param vmId the cloud's name for it; part of every finding's id
 * @param vcpus every vCPU that the capture holds, by index
 */
public record Guest(String vmId, PageSource memory, List<VcpuState> vcpus) {
  public Guest {
    vcpus = List.copyOf(vcpus);
  }

  /** The same with what of its vCPUs says which kernel runs and how. */
  Guest ofKernel() {
    return new Guest(vmId, memory, vcpus.stream().map(VcpuState::ofKernel).toList());
  }

  /** The same, its recently read pages remembered: for one look at it, in one thread. */
  Guest remembered() {
    return new Guest(vmId, new RecentPages(memory), vcpus);
  }
}
