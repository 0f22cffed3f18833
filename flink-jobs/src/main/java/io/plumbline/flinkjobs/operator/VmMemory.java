package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.GuestImage;
import io.plumbline.flinkjobs.state.PageIndex;
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
  /** What is done with each page that an older version kept. */
  @FunctionalInterface
  interface PageVisitor {
    /**
     * @param stored in one of the {@link OldForms}; nobody may change it
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

  /** Which pages are kept; null if an older version kept them, or nothing is kept. */
  PageIndex pageIndex();

  void keepPageIndex(PageIndex index);

  /** Pages that are kept in little room, in {@link GroupedPages groups}. */
  PageStore packedPages();

  /** Pages that came since. */
  PageStore wholePages();

  GuestImage image();

  void keepImage(GuestImage image);

  /** Shows every page that older versions kept for itself, in one of the {@link OldForms}. */
  void forEachOldPage(PageVisitor visitor);

  /** Pages of the image as older versions kept them, in one of the {@link OldForms}. */
  byte[] oldBlock(int number);

  /** Forgets what older versions kept of pages. */
  void dropOldPages();

  /** Forgets every page, the image and the vCPUs. */
  void forgetCapture();

  /** Forgets everything. */
  void forgetAll();
}
