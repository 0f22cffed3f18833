package io.plumbline.signaturestore.extract.sites;

import io.plumbline.introspection.golden.image.PatchSites.RuntimeConstant;
import io.plumbline.signaturestore.extract.ExtractionException;
import java.util.ArrayList;
import java.util.List;

/**
 * Sections runtime_KIND_VARIABLE: distances to constants in the code, which hold a placeholder in
 * the file (kernel {@code arch/x86/include/asm/runtime-const.h}).
 */
final class RuntimeConstants {
  static final String PREFIX = "runtime_";

  /** What the file holds in place of the value. */
  private enum Kind {
    POINTER("ptr_", Long.BYTES, 0x0123456789abcdefL),
    SHIFT("shift_", Byte.BYTES, 12),
    MASK("mask_", Integer.BYTES, 0x12345678);

    private final String prefix;
    private final int bytes;
    private final long placeholder;

    Kind(String prefix, int bytes, long placeholder) {
      this.prefix = prefix;
      this.bytes = bytes;
      this.placeholder = placeholder;
    }

    boolean at(SiteCode code, int place) {
      for (int i = 0; i < bytes; i++) {
        if (!code.has(place + i, (int) (placeholder >>> (8 * i)) & 0xff)) {
          return false;
        }
      }
      return true;
    }
  }

  private RuntimeConstants() {}

  static List<RuntimeConstant> read(SiteTable table, SiteCode code) throws ExtractionException {
    String variable = table.name().substring(PREFIX.length());
    Kind kind = kind(table, variable);
    int count = table.entries(Integer.BYTES);
    List<RuntimeConstant> constants = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int site = code.site(table, i, table.relative(i * Integer.BYTES), kind.bytes);
      if (!kind.at(code, site)) {
        throw table.refuse(i, "the placeholder of a " + kind.prefix + " constant", code.show(site));
      }
      constants.add(new RuntimeConstant(variable, site, kind.bytes));
    }
    return constants;
  }

  private static Kind kind(SiteTable table, String variable) throws ExtractionException {
    for (Kind kind : Kind.values()) {
      if (variable.startsWith(kind.prefix)) {
        return kind;
      }
    }
    throw table.refuse("a runtime constant ptr_, shift_ or mask_", variable);
  }
}
