package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.PublishedVerdict;
import io.plumbline.flinkjobs.state.VcpuSet;
import io.plumbline.flinkjobs.state.VmThread;
import io.plumbline.introspection.memory.PageSource;

/**
 * Everything that is kept of one VM, as a port: Flink's keyed state in the job, maps in tests. What
 * was never stored is null.
 */
interface VmMemory extends PageSource {
  VmThread thread();

  void keepThread(VmThread thread);

  VcpuSet vcpus();

  void keepVcpus(VcpuSet vcpus);

  PublishedVerdict published();

  void keepPublished(PublishedVerdict published);

  /**
   * @param content the frame's 4096 bytes, which nobody changes any more; empty for a page of zeros
   */
  void keepPage(long frame, byte[] content);

  void dropPage(long frame);

  /** Forgets every page and the vCPUs. */
  void forgetCapture();

  /** Forgets everything. */
  void forgetAll();
}
