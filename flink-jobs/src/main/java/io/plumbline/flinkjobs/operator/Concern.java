package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.VerdictBasis;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.trust.Relevance;
import java.util.Optional;

/** Whether what an observation changes of a VM's memory may lead to another verdict. */
final class Concern {
  private final Optional<Relevance> relevance;
  private boolean concerned;

  /**
   * @param already whether it is known that the verdict may be another, so that nobody asks
   */
  Concern(VmMemory memory, boolean already) {
    VerdictBasis basis = already ? null : memory.basis();
    relevance =
        basis == null
            ? Optional.empty()
            : Relevance.of(Deflated.whole(basis.deflated(), 0, basis.length()));
  }

  /** What a frame holds before it changes, for who will ask. */
  Optional<PageBytes> before(FrameNumber frame, CapturedPages pages) {
    return relevance.isEmpty() || concerned ? Optional.empty() : pages.read(frame);
  }

  /** Takes note that a frame holds something else now. */
  void changed(FrameNumber frame, Optional<PageBytes> before, CapturedPages pages) {
    concerned =
        concerned
            || relevance.isEmpty()
            || relevance.get().isConcernedBy(frame, before, pages.read(frame));
  }

  /** Whether the verdict may be another. */
  boolean isConcerned() {
    return concerned;
  }

  /** What a verdict rests on, to be kept. */
  static VerdictBasis basis(Optional<Relevance> relevance) {
    if (relevance.isEmpty()) {
      return null;
    }
    byte[] bytes = relevance.get().toByteArray();
    return new VerdictBasis(bytes.length, Deflated.of(bytes, bytes.length));
  }
}
