package io.plumbline.signaturestore.extract.kallsyms;

/** How the table writes an address as 32 bits (kernel {@code kernel/kallsyms.c}). */
enum AddressForm {
  /**
   * Numbers from zero on are addresses (of per-CPU variables), negative ones count down from the
   * base; CONFIG_KALLSYMS_ABSOLUTE_PERCPU, x86-64 until 6.14.
   */
  BELOW_BASE {
    @Override
    long address(int number, long base, long place) {
      return number >= 0 ? number : base - 1 - number;
    }
  },
  /** Distances up from the base. */
  ABOVE_BASE {
    @Override
    long address(int number, long base, long place) {
      return base + (number & 0xffff_ffffL);
    }
  },
  /** Distances from the number's own place; there is no base. */
  FROM_PLACE {
    @Override
    long address(int number, long base, long place) {
      return place + number;
    }
  };

  abstract long address(int number, long base, long place);
}
