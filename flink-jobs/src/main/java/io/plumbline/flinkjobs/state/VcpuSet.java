package io.plumbline.flinkjobs.state;

import io.plumbline.introspection.hardware.VcpuState;
import java.util.List;

/** Every vCPU of a VM as of its last round, ascending by index. */
public record VcpuSet(List<VcpuRecord> vcpus) {
  /** Whether these are the same vCPUs with the same registers. */
  public boolean sameAs(List<VcpuRecord> others) {
    if (vcpus.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < vcpus.size(); i++) {
      if (!vcpus.get(i).sameAs(others.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Whether the registers that a kernel sets up hold the same, whatever code ran meanwhile. */
  public boolean hasTheKernelOf(List<VcpuRecord> others) {
    return kernelOf(vcpus).equals(kernelOf(others));
  }

  private static List<VcpuState> kernelOf(List<VcpuRecord> vcpus) {
    return vcpus.stream().map(VcpuRecord::toDomain).map(VcpuState::ofKernel).toList();
  }
}
