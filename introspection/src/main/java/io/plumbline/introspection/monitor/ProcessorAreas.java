package io.plumbline.introspection.monitor;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.Translation;
import io.plumbline.introspection.trust.TrustedKernel;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Where each processor has the variables that are its own ({@code include/asm-generic/percpu.h}:
 * the address of one is what the build links plus the processor's {@code __per_cpu_offset}). Which
 * processor of the kernel's a vCPU is, is not told: numbers may have gaps.
 */
final class ProcessorAreas {
  private static final String OFFSETS = "__per_cpu_offset";

  /** CONFIG_NR_CPUS at most. */
  private static final int MOST = 8192;

  /**
   * Builds link these variables at 0 and move them by the offset alone; from 6.15 on they are
   * linked, and moved, with all else.
   */
  private static final long LOWEST_THAT_MOVES = 0xffffffff80000000L;

  private final TrustedKernel kernel;
  private final List<Long> offsets;
  private boolean unreadable;

  private ProcessorAreas(TrustedKernel kernel, Set<Long> offsets, boolean unreadable) {
    this.kernel = kernel;
    this.offsets = List.copyOf(offsets);
    this.unreadable = unreadable;
  }

  /** The areas of all processors that the kernel has set up, in the order of their numbers. */
  static ProcessorAreas of(TrustedKernel kernel) {
    Set<Long> offsets = new LinkedHashSet<>();
    OptionalLong table = kernel.addressOf(OFFSETS);
    long length = Math.min(kernel.lengthOf(OFFSETS).orElse(0), (long) MOST * Long.BYTES);
    boolean unreadable = false;
    for (long at = 0; table.isPresent() && at < length; at += Long.BYTES) {
      OptionalLong offset = kernel.word(table.getAsLong() + at);
      unreadable |= offset.isEmpty();
      offset.ifPresent(offsets::add);
    }
    return new ProcessorAreas(kernel, offsets, unreadable);
  }

  /** How many there are, those of processors that never ran included. */
  int count() {
    return offsets.size();
  }

  /** Whether something that decides where a variable lies could not be read so far. */
  boolean unreadable() {
    return unreadable;
  }

  /**
   * The frame of a byte of one processor's variable, -1 if it is not mapped.
   *
   * @param area 0 to {@link #count()} - 1
   * @param symbol of the build
   */
  long frameOf(int area, String symbol, long plus) {
    long linked = kernel.linkedAddressOf(symbol).orElseThrow();
    boolean moves = Long.compareUnsigned(linked, LOWEST_THAT_MOVES) >= 0;
    long address = offsets.get(area) + (moves ? linked + kernel.slide() : linked) + plus;
    Translation translation = kernel.space().translate(new GuestVirtualAddress(address));
    unreadable |= translation instanceof Translation.Unreadable;
    return translation instanceof Translation.Mapped mapped ? mapped.frame().value() : -1;
  }

  /** The processor whose variable begins with a frame; empty if it is nobody's. */
  OptionalInt ownerOf(long frame, String symbol) {
    for (int area = 0; area < offsets.size(); area++) {
      if (frame >= 0 && frameOf(area, symbol, 0) == frame) {
        return OptionalInt.of(area);
      }
    }
    return OptionalInt.empty();
  }
}
