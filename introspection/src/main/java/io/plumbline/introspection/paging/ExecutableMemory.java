package io.plumbline.introspection.paging;

import io.plumbline.introspection.memory.FrameNumber;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Everything executable that one address space maps, and how far that can be believed.
 *
 * <p>A page is kernel code if it is present, no level has XD, and some level has U/S clear. A page
 * with U/S set at every level is user code; the supervisor can run it only with CR4.SMEP clear, and
 * it is never taken for kernel code.
 *
 * @param kernelRanges kernel code, ascending
 * @param userRanges user code that the supervisor may run, ascending; empty with SMEP set
 * @param userPagesExecutableBySupervisor CR4.SMEP is clear
 * @param tableFrames the top table and every table that was entered through a supervisor entry or
 *     that leads to kernel code: what a change of kernel mappings must touch
 * @param userTableFrames the other tables that were looked at
 * @param unreadable tables that could not be read
 * @param malformedEntries entries met that have reserved bits set, so that an access would fault
 * @param entriesExamined table entries looked at
 * @param budgetExhausted the sweep ended early: there may be more of everything above
 * @param view whose tables these are
 */
public record ExecutableMemory(
    List<ExecutableRange> kernelRanges,
    List<ExecutableRange> userRanges,
    boolean userPagesExecutableBySupervisor,
    Set<FrameNumber> tableFrames,
    Set<FrameNumber> userTableFrames,
    List<UnreadableTable> unreadable,
    long malformedEntries,
    long entriesExamined,
    boolean budgetExhausted,
    KernelView view) {

  public ExecutableMemory {
    kernelRanges = List.copyOf(kernelRanges);
    userRanges = List.copyOf(userRanges);
    tableFrames = Set.copyOf(tableFrames);
    userTableFrames = Set.copyOf(userTableFrames);
    unreadable = List.copyOf(unreadable);
  }

  /** Whether the same kernel code is found in the other, and as much of it can be believed. */
  public boolean showsTheSameAs(ExecutableMemory other) {
    return kernelRanges.equals(other.kernelRanges)
        && unreadable.equals(other.unreadable)
        && budgetExhausted == other.budgetExhausted
        && view == other.view;
  }

  /** Bytes of kernel code, pages mapped twice counted twice. */
  public long kernelBytes() {
    return kernelRanges.stream().mapToLong(ExecutableRange::length).sum();
  }

  /** The range of kernel code that holds the byte at {@code va}. */
  public Optional<ExecutableRange> kernelRangeAt(long va) {
    int low = 0;
    int high = kernelRanges.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      ExecutableRange range = kernelRanges.get(middle);
      if (range.contains(va)) {
        return Optional.of(range);
      }
      if (Long.compareUnsigned(va, range.start().value()) < 0) {
        high = middle - 1;
      } else {
        low = middle + 1;
      }
    }
    return Optional.empty();
  }
}
