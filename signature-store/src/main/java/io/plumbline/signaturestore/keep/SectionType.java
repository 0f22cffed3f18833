package io.plumbline.signaturestore.keep;

import java.util.Optional;

/**
 * What a signature file is made of. Codes are never used again for something else; a later version
 * adds types, and marks in the file whether a reader that does not know one may go on without it.
 */
enum SectionType {
  /** Name, mode, base and number of guests. */
  BUILD(1, Kind.ANY, true, 64 << 10),
  /** Where the hardware roots lead. */
  ROOTS(2, Kind.ENROLLED, true, 64 << 10),
  /** The bytes of the code at slide 0. */
  TEXT(3, Kind.ENROLLED, true, 64 << 20),
  /** Where in the text instructions begin. */
  STARTS(4, Kind.ENROLLED, true, 32 << 20),
  /** What in the text depends on the slide or the boot. */
  FIELDS(5, Kind.ENROLLED, true, 16 << 20),
  /** Further legal instructions. */
  VARIANTS(6, Kind.ENROLLED, true, 16 << 20),
  /** Tables of code pointers. */
  TABLES(7, Kind.ENROLLED, true, 4 << 20),
  /** Canonical digests of functions. */
  DIGESTS(8, Kind.ANY, true, 4 << 20),
  /** Names of places, for people. */
  SYMBOLS(9, Kind.ENROLLED, false, 16 << 20),
  /** Where two decoders disagree, for people. */
  DISAGREEMENTS(10, Kind.ENROLLED, false, 4 << 20),
  /** The version line and the build id of a packaged kernel. */
  IMAGE(11, Kind.PACKAGE, true, 64 << 10),
  /** What a packaged kernel loads, section by section. */
  CONTENT(12, Kind.PACKAGE, true, 128 << 20),
  /** What in the content changes with the base. */
  RELOCATIONS(13, Kind.PACKAGE, true, 16 << 20),
  /** Every name in a packaged kernel, which rules of verification rest on. */
  NAMES(14, Kind.PACKAGE, true, 32 << 20),
  /** Where a packaged kernel rewrites itself. */
  SITES(15, Kind.PACKAGE, true, 16 << 20),
  /** What finds a package's modules, and where each is in the next section. */
  MODULE_OUTLINES(16, Kind.PACKAGE, false, 32 << 20),
  /** A package's modules, compressed some at a time, so that each can be had alone. */
  MODULES(17, Kind.PACKAGE, false, 96 << 20),
  /**
   * What proposes a packaged kernel for a guest; without it the content has to be read for that.
   */
  OUTLINE(18, Kind.PACKAGE, false, 1 << 20);

  /** Which signatures have a section. */
  enum Kind {
    /** Every one. */
    ANY,
    /** Those that were learnt from guests. */
    ENROLLED,
    /** Those that were extracted from a package. */
    PACKAGE
  }

  private final int code;
  private final Kind kind;
  private final boolean mandatory;
  private final int mostBytes;

  SectionType(int code, Kind kind, boolean mandatory, int mostBytes) {
    this.code = code;
    this.kind = kind;
    this.mandatory = mandatory;
    this.mostBytes = mostBytes;
  }

  /** Whether a signature of that kind may have it. */
  boolean mayBeIn(Kind wanted) {
    return kind == Kind.ANY || kind == wanted;
  }

  /** Whether a signature of that kind cannot do without it. */
  boolean neededBy(Kind wanted) {
    return mandatory && mayBeIn(wanted);
  }

  /** Whether the body is compressed already, so that to compress it again is a waste. */
  boolean packed() {
    return this == MODULES;
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
