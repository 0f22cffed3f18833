package io.plumbline.introspection.golden.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a kernel lets modules use: three distances from their own places, to the value, to the name
 * and to the namespace (kernel {@code include/linux/export-internal.h}, {@code struct
 * kernel_symbol} with CONFIG_HAVE_ARCH_PREL32_RELOCATIONS).
 */
public final class KernelExports {
  private static final List<String> TABLES = List.of("__ksymtab", "__ksymtab_gpl");
  private static final String STRINGS = "__ksymtab_strings";
  private static final int ENTRY = 12;

  private KernelExports() {}

  /**
   * Place of each name, in bytes from the image's base. A per-CPU variable of a kernel whose
   * per-CPU area is linked at 0 has its address minus the base, which does not move with the
   * kernel.
   */
  public static Map<String, Long> of(KernelImage image) {
    Map<String, Long> exports = new HashMap<>();
    Optional<ImageSection> strings = image.section(STRINGS);
    for (String name : TABLES) {
      Optional<ImageSection> table = image.section(name);
      if (table.isPresent() && strings.isPresent()) {
        add(exports, table.get(), strings.get());
      }
    }
    return exports;
  }

  private static void add(Map<String, Long> exports, ImageSection table, ImageSection strings) {
    ByteBuffer entries = ByteBuffer.wrap(table.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at + ENTRY <= table.bytes().length; at += ENTRY) {
      long value = (long) table.offset() + at + entries.getInt(at);
      int name = table.offset() + at + Integer.BYTES + entries.getInt(at + Integer.BYTES);
      if (strings.holds(name)) {
        exports.put(text(strings.bytes(), name - strings.offset()), value);
      }
    }
  }

  private static String text(byte[] bytes, int from) {
    int end = from;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, from, end - from, StandardCharsets.US_ASCII);
  }
}
