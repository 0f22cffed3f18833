package io.plumbline.introspection.golden.image;

/**
 * What a part of a module is loaded as, in the order of their places (kernel {@code
 * include/linux/module.h}, {@code enum mod_mem_type}). Kernels since 6.4 allocate each by itself;
 * before, the first four lie one behind the other.
 */
public enum ModuleMemory {
  /** Code that stays. */
  TEXT,
  /** Data that nobody writes. */
  READ_ONLY,
  /** Data that is written until the module is initialised. */
  READ_ONLY_AFTER_INIT,
  /** Data that is written. */
  DATA,
  /** Code and data that are freed when the module is initialised. */
  INIT,
  /** Variables of which every processor has its own. */
  PER_CPU;

  /** Whether its bytes are known once the module runs. */
  public boolean verifiable() {
    return this == TEXT || this == READ_ONLY || this == READ_ONLY_AFTER_INIT;
  }
}
