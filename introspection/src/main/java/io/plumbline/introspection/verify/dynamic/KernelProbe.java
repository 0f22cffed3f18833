package io.plumbline.introspection.verify.dynamic;

import java.util.List;

/**
 * One kprobe that the guest's kernel has registered (kernel {@code include/linux/kprobes.h}, struct
 * kprobe).
 *
 * @param address linear, of its struct kprobe
 * @param place linear address of the probed instruction
 * @param handlers what it calls, all of them
 * @param slots words of the struct that may point to the copy of the probed instruction
 */
public record KernelProbe(long address, long place, List<Long> handlers, List<Long> slots) {
  public KernelProbe {
    handlers = List.copyOf(handlers);
    slots = List.copyOf(slots);
  }
}
