package io.plumbline.signaturestore.extract.elf;

import io.plumbline.introspection.golden.image.ImageRelocations;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.util.ArrayList;
import java.util.List;

/**
 * The relocations behind a kernel's ELF file, which its decompressor applies when it chose another
 * base (kernel {@code arch/x86/tools/relocs.c}, {@code emit_relocs}, and {@code
 * arch/x86/boot/compressed/misc.c}, {@code handle_relocations}): lists of 32-bit addresses, each
 * behind a zero. The decompressor reads backwards from the end: 32-bit, inverse 32-bit (not in
 * kernels whose per-CPU area has an ordinary address, since 6.15), 64-bit.
 */
public final class AppendedRelocations {
  private static final int WITHOUT_INVERSE = 2;
  private static final int WITH_INVERSE = 3;

  private AppendedRelocations() {}

  /**
   * Reads what follows the ELF file; nothing there means a kernel that is not relocated so.
   *
   * @param base linear address from which the places count
   * @param imageBytes how many bytes from there the image takes
   */
  public static ImageRelocations read(ElfFile elf, long base, long imageBytes)
      throws ExtractionException {
    ByteRange appended =
        elf.bytes().slice("relocations", elf.end(), elf.bytes().length() - elf.end());
    if (appended.length() == 0) {
      return new ImageRelocations(new int[0], new int[0], new int[0]);
    }
    List<int[]> lists = listsBackwards(appended);
    List<int[]> places = new ArrayList<>();
    for (int i = 0; i < lists.size(); i++) {
      int width = i == lists.size() - 1 ? Long.BYTES : Integer.BYTES;
      places.add(places(appended.name() + ": list " + i, lists.get(i), base, imageBytes - width));
    }
    int[] inverse = places.size() == WITH_INVERSE ? places.get(1) : new int[0];
    return new ImageRelocations(places.get(0), inverse, places.get(places.size() - 1));
  }

  /** The lists, the last of the file first, each in the file's order. */
  private static List<int[]> listsBackwards(ByteRange appended) throws ExtractionException {
    if (appended.length() % Integer.BYTES != 0) {
      throw new ExtractionException(
          appended.name(), "a multiple of 4 bytes", Integer.toString(appended.length()));
    }
    List<int[]> lists = new ArrayList<>();
    int end = appended.length();
    for (int at = end - Integer.BYTES; at >= 0; at -= Integer.BYTES) {
      if (appended.s32(at) != 0) {
        continue;
      }
      int[] list = new int[(end - at) / Integer.BYTES - 1];
      for (int i = 0; i < list.length; i++) {
        list[i] = appended.s32(at + Integer.BYTES * (i + 1));
      }
      lists.add(list);
      end = at;
      if (lists.size() > WITH_INVERSE) {
        break;
      }
    }
    if (end != 0 || lists.size() < WITHOUT_INVERSE || lists.size() > WITH_INVERSE) {
      throw new ExtractionException(
          appended.name(),
          "2 or 3 lists, each behind a zero, from the end of the ELF file on",
          (lists.size() > WITH_INVERSE ? "more than 3" : lists.size())
              + " and "
              + end
              + " bytes before them");
    }
    return lists;
  }

  private static int[] places(String what, int[] addresses, long base, long lastPlace)
      throws ExtractionException {
    int[] places = new int[addresses.length];
    for (int i = 0; i < addresses.length; i++) {
      // The file has the low half of an address in the top 2 GiB.
      long place = (long) addresses[i] - base;
      if (place < 0 || place > lastPlace || (i > 0 && place <= places[i - 1])) {
        throw new ExtractionException(
            what + ": entry " + i,
            "ascending addresses in the image",
            String.format("0x%016x", (long) addresses[i]));
      }
      places[i] = (int) place;
    }
    return places;
  }
}
