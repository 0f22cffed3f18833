package io.plumbline.introspection.roots;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The stacks in the 64-bit task-state segment that TR names (Intel SDM volume 3A, section 8.7).
 *
 * @param base linear address of the TSS
 * @param rsp RSP0 to RSP2: stacks on entry to rings 0 to 2
 * @param ist IST1 to IST7, at index 0 to 6: stacks that a gate may name
 */
public record TaskState(GuestVirtualAddress base, List<Long> rsp, List<Long> ist) {
  /** Bytes up to and with the I/O map base. */
  static final int BYTES = 104;

  /** Fields of a 32-bit TSS (figure 8-2), which has the same length. */
  static final int CR3_OFFSET_32 = 28;

  static final int EIP_OFFSET_32 = 32;
  static final int CS_OFFSET_32 = 76;

  private static final int RSP_OFFSET = 4;
  private static final int RSP_COUNT = 3;
  private static final int IST_OFFSET = 36;
  private static final int IST_COUNT = 7;

  public TaskState {
    rsp = List.copyOf(rsp);
    ist = List.copyOf(ist);
  }

  /** Where the TSS has RSP{@code ring}, 0 to 2. */
  public GuestVirtualAddress stackField(int ring) {
    return base.plus(RSP_OFFSET + (long) ring * Long.BYTES);
  }

  /** Where the TSS has IST{@code number}, 1 to 7. */
  public GuestVirtualAddress interruptStackField(int number) {
    return base.plus(IST_OFFSET + (number - 1L) * Long.BYTES);
  }

  static TaskState decode(GuestVirtualAddress base, LinearBytes bytes) {
    return new TaskState(
        base, longs(bytes, RSP_OFFSET, RSP_COUNT), longs(bytes, IST_OFFSET, IST_COUNT));
  }

  private static List<Long> longs(LinearBytes bytes, int offset, int count) {
    return IntStream.range(0, count)
        .mapToObj(index -> bytes.longAt(offset + index * Long.BYTES))
        .toList();
  }
}
