package io.plumbline.introspection.golden.image;

import java.util.Optional;

/**
 * The fields that the loader of modules fills in (kernel {@code arch/x86/kernel/module.c}, {@code
 * apply_relocate_add}); some two million in a package, hence arrays.
 *
 * @param places of the fields in the module's image, ascending
 * @param kinds how the field at the same index is computed, as {@link Kind#type}
 * @param targets place of what it refers to; negative if that is imported
 * @param addends added to the target
 */
public record ModuleRelocations(int[] places, byte[] kinds, int[] targets, long[] addends) {
  /** How a field is computed from the target's address (x86-64 psABI, "Relocation Types"). */
  public enum Kind {
    /** R_X86_64_64: the address. */
    ABSOLUTE_64(1, Long.BYTES, false),
    /** R_X86_64_PC32: the distance from the field. */
    RELATIVE_32(2, Integer.BYTES, true),
    /** R_X86_64_32: the address, zero-extended. */
    ABSOLUTE_32(10, Integer.BYTES, false),
    /** R_X86_64_32S: the address, sign-extended. */
    ABSOLUTE_32_SIGNED(11, Integer.BYTES, false),
    /** R_X86_64_PC64: the distance from the field. */
    RELATIVE_64(24, Long.BYTES, true);

    private static final Kind[] ALL = values();

    private final int type;
    private final int size;
    private final boolean relative;

    Kind(int type, int size, boolean relative) {
      this.type = type;
      this.size = size;
      this.relative = relative;
    }

    /** The kind with that number in ELF. */
    public static Optional<Kind> of(int type) {
      for (Kind kind : ALL) {
        if (kind.type == type) {
          return Optional.of(kind);
        }
      }
      return Optional.empty();
    }

    /** Its number in ELF. */
    public int type() {
      return type;
    }

    /** Bytes of the field. */
    public int size() {
      return size;
    }

    /** Whether the field is a distance. */
    public boolean relative() {
      return relative;
    }

    /** What the field holds, by the addresses of target (addend included) and field. */
    public long value(long target, long field) {
      return relative ? target - field : target;
    }
  }

  public int size() {
    return places.length;
  }
}
