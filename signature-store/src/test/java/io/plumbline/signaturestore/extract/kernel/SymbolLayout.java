package io.plumbline.signaturestore.extract.kernel;

/** The orders and forms that the embedded symbols had, from 5.10 to 7.3. */
public enum SymbolLayout {
  /** 5.10 to 6.1: addresses and their base first. */
  ADDRESSES_FIRST(true, false, 8),
  /** 6.2 and 6.3: three bytes a name between markers and tokens. */
  WITH_SEQUENCES(true, true, 8),
  /** 6.4 to 6.14: addresses behind the tokens. */
  ADDRESSES_LAST(false, false, 8),
  /** 6.15 to 6.19: per-CPU variables have ordinary addresses. */
  ABOVE_BASE(false, false, 8),
  /** 7.x: distances from the numbers' own places, parts aligned to 4 bytes. */
  FROM_PLACE(false, false, 4);

  private final boolean first;
  private final boolean sequences;
  private final int alignment;

  SymbolLayout(boolean first, boolean sequences, int alignment) {
    this.first = first;
    this.sequences = sequences;
    this.alignment = alignment;
  }

  boolean addressesFirst() {
    return first;
  }

  boolean sequences() {
    return sequences;
  }

  int alignment() {
    return alignment;
  }

  /** Whether per-CPU variables have addresses from 0 on. */
  boolean absolutePerCpu() {
    return this == ADDRESSES_FIRST || this == WITH_SEQUENCES || this == ADDRESSES_LAST;
  }
}
