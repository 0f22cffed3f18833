package io.plumbline.introspection.monitor;

import java.util.List;
import java.util.OptionalLong;

/**
 * Where a kernel has the stacks that its TSS names ({@code struct cpu_entry_area}, {@code
 * arch/x86/include/asm/cpu_entry_area.h}): the stack of entries from programs ends where the TSS
 * begins, and behind the TSS lie the stacks of exceptions, each behind a page that is not mapped
 * ({@code tss_setup_ist}, {@code arch/x86/kernel/cpu/common.c}).
 */
final class TaskStateRules {
  /** The variable that an area's stacks of exceptions are, without what is not mapped between. */
  static final String STACKS = "exception_stacks";

  /** {@code struct tss_struct} in whole pages. */
  private static final long TASK_BYTES = 0x5000;

  private static final long GUARD_BYTES = 0x1000;

  /** {@code EXCEPTION_STKSZ}: as usual, before 5.16 of some builds, and with KASAN. */
  private static final List<Long> STACK_BYTES = List.of(0x2000L, 0x1000L, 0x4000L);

  /** Stacks that are used: {@code IST_INDEX_DF} to {@code IST_INDEX_VC}. */
  private static final int USED = 5;

  private final long task;
  private final long stackBytes;

  private TaskStateRules(long task, long stackBytes) {
    this.task = task;
    this.stackBytes = stackBytes;
  }

  /**
   * The rules for the TSS at {@code task}; of the sizes that stacks may have the one that most of
   * {@code ist} agree with.
   */
  static TaskStateRules of(long task, List<Long> ist) {
    TaskStateRules best = new TaskStateRules(task, STACK_BYTES.get(0));
    for (long bytes : STACK_BYTES) {
      TaskStateRules next = new TaskStateRules(task, bytes);
      best = next.agreeing(ist) > best.agreeing(ist) ? next : best;
    }
    return best;
  }

  private long agreeing(List<Long> ist) {
    long agreeing = 0;
    for (int i = 0; i < USED; i++) {
      agreeing += ist.get(i) == stack(i + 1) ? 1 : 0;
    }
    return agreeing;
  }

  /** What RSP0 has to be. */
  long entryStack() {
    return task;
  }

  /**
   * What IST{@code number} has to be.
   *
   * @param number 1 to 7
   */
  long stack(int number) {
    return number > USED ? 0 : task + TASK_BYTES + number * (GUARD_BYTES + stackBytes);
  }

  /** Offset in {@link #STACKS} of the last byte of a stack; empty if the stack is not used. */
  OptionalLong lastByte(int number) {
    return number > USED ? OptionalLong.empty() : OptionalLong.of(number * stackBytes - 1);
  }
}
