package io.plumbline.introspection.verify.dynamic;

/**
 * Where modules, and code that is made at run time, may lie: behind the largest kernel image
 * (kernel {@code arch/x86/include/asm/pgtable_64_types.h}, MODULES_VADDR and MODULES_END;
 * MODULES_VADDR is 0xffffffffa0000000 for kernels that are not built to move).
 */
public final class ModuleArea {
  private static final long START = 0xffffffffa0000000L;
  private static final long END = 0xffffffffff000000L;

  private ModuleArea() {}

  /**
   * Whether code of a module may lie at {@code address}.
   *
   * @param imageEnd the address after the guest's kernel image, which no module lies before
   */
  public static boolean mayHold(long address, long imageEnd) {
    return Long.compareUnsigned(address, START) >= 0
        && Long.compareUnsigned(address, imageEnd) >= 0
        && Long.compareUnsigned(address, END) < 0;
  }
}
