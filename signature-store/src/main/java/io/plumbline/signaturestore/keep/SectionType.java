package io.plumbline.signaturestore.keep;

import java.util.Optional;

/**
 * What a signature file is made of. Codes are never used again for something else; a later version
 * adds types, and marks in the file whether a reader that does not know one may go on without it.
 */
enum SectionType {
  /** Name, mode, base and number of guests. */
  BUILD(1, true, 64 << 10),
  /** Where the hardware roots lead. */
  ROOTS(2, true, 64 << 10),
  /** The bytes of the code at slide 0. */
  TEXT(3, true, 64 << 20),
  /** Where in the text instructions begin. */
  STARTS(4, true, 32 << 20),
  /** What in the text depends on the slide or the boot. */
  FIELDS(5, true, 16 << 20),
  /** Further legal instructions. */
  VARIANTS(6, true, 16 << 20),
  /** Tables of code pointers. */
  TABLES(7, true, 4 << 20),
  /** Canonical digests of functions. */
  DIGESTS(8, true, 4 << 20),
  /** Names of places, for people. */
  SYMBOLS(9, false, 16 << 20),
  /** Where two decoders disagree, for people. */
  DISAGREEMENTS(10, false, 4 << 20);

  private final int code;
  private final boolean mandatory;
  private final int mostBytes;

  SectionType(int code, boolean mandatory, int mostBytes) {
    this.code = code;
    this.mandatory = mandatory;
    this.mostBytes = mostBytes;
  }

  /** The number in the file, from 1. */
  int code() {
    return code;
  }

  /** Whether a signature without it, or a reader that does not know it, would judge wrongly. */
  boolean mandatory() {
    return mandatory;
  }

  /** The longest body that is read, in bytes before compression. */
  int mostBytes() {
    return mostBytes;
  }

  static Optional<SectionType> of(int code) {
    for (SectionType type : values()) {
      if (type.code == code) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
