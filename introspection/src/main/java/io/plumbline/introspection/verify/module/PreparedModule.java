package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;
import java.util.BitSet;

/**
 * A module unpacked, with what is asked of it again and again.
 *
 * @param text its code as in the file, in whole pages
 * @param textBytes bytes of it that are not filling
 * @param unsteady places in code that patching may change, and those of tables that are sorted
 * @param changing bytes of the code that linking or patching may change
 */
record PreparedModule(
    ModuleImage image, byte[] text, int textBytes, BitSet unsteady, BitSet changing) {

  static PreparedModule of(ModuleImage image) {
    byte[] code = StableText.of(image);
    int whole = code.length + PageBytes.SIZE - 1 & -PageBytes.SIZE;
    return new PreparedModule(
        image,
        Arrays.copyOf(code, whole),
        code.length,
        unsteady(image),
        StableText.changing(image));
  }

  private static BitSet unsteady(ModuleImage image) {
    BitSet unsteady = StableText.patched(image);
    SortedTable.of(image).forEach(table -> unsteady.set(table.offset(), table.end()));
    return unsteady;
  }

  int pages() {
    return text.length / PageBytes.SIZE;
  }

  /** Bytes of the code that are the same in every guest. */
  int stableBytes() {
    return textBytes - changing.cardinality();
  }

  /**
   * Whether all bytes that no guest changes are there.
   *
   * @param from index of the first byte of code
   */
  boolean isIn(byte[] guest, int from) {
    int at = changing.nextClearBit(0);
    while (at < textBytes) {
      int changed = changing.nextSetBit(at);
      int end = changed < 0 ? textBytes : Math.min(changed, textBytes);
      if (!Arrays.equals(text, at, end, guest, from + at, from + end)) {
        return false;
      }
      at = changing.nextClearBit(end);
    }
    return true;
  }

  /** How many of the bytes from {@code from} to {@code to} that no guest changes differ. */
  int differing(byte[] guest, int from, int to) {
    int different = 0;
    int at = changing.nextClearBit(from);
    while (at < to) {
      int changed = changing.nextSetBit(at);
      int end = changed < 0 ? to : Math.min(changed, to);
      if (!Arrays.equals(text, at, end, guest, at, end)) {
        for (int i = at; i < end; i++) {
          different += text[i] == guest[i] ? 0 : 1;
        }
      }
      at = changing.nextClearBit(end);
    }
    return different;
  }
}
