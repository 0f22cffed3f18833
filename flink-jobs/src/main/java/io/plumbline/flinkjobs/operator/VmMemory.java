package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.GuestImage;
import io.plumbline.flinkjobs.state.PublishedVerdict;
import io.plumbline.flinkjobs.state.VcpuSet;
import io.plumbline.flinkjobs.state.VerdictBasis;
import io.plumbline.flinkjobs.state.VmPulse;
import io.plumbline.flinkjobs.state.VmThread;

/**
 * Everything that is kept of one VM, as a port: Flink's keyed state in the job, maps in tests. What
 * was never stored is null.
 */
interface VmMemory {
  /** What is done with each page that is kept on its own. */
  @FunctionalInterface
  interface PageVisitor {
    /**
     * @param stored in one of the forms of {@link StoredPage}
     */
    void see(long frame, byte[] stored);
  }

  VmThread thread();

  void keepThread(VmThread thread);

  VcpuSet vcpus();

  void keepVcpus(VcpuSet vcpus);

  PublishedVerdict published();

  void keepPublished(PublishedVerdict published);

  VmPulse pulse();

  void keepPulse(VmPulse pulse);

  /** What the last verdict rests on; null if everything counts. */
  VerdictBasis basis();

  /**
   * @param basis null if everything counts
   */
  void keepBasis(VerdictBasis basis);

  /** A page that is kept on its own, in one of the forms of {@link StoredPage}. */
  byte[] page(long frame);

  /**
   * @param stored in one of the forms of {@link StoredPage}; nobody changes it any more
   */
  void keepPage(long frame, byte[] stored);

  void dropPage(long frame);

  /** Shows every page that is kept on its own; none may be kept or dropped meanwhile. */
  void forEachPage(PageVisitor visitor);

  GuestImage image();

  void keepImage(GuestImage image);

  /** Pages of the image in the form of {@link ImageBlock}. */
  byte[] imageBlock(int number);

  void keepImageBlock(int number, byte[] block);

  void dropImageBlocks();

  /** Forgets every page, the image and the vCPUs. */
  void forgetCapture();

  /** Forgets everything. */
  void forgetAll();
}
