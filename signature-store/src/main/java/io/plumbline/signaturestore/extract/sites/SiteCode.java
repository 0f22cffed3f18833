package io.plumbline.signaturestore.extract.sites;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.signaturestore.extract.ExtractionException;
import java.util.HexFormat;
import java.util.List;

/** The code that tables point into, to check that they do. */
final class SiteCode {
  private static final int SHOWN = 8;

  private final long base;
  private final int lowest;
  private final List<ImageSection> code;

  /**
   * The code of an image.
   *
   * @param base linear address of offset 0
   * @param lowest place that anything may have: negative where imports have places
   * @param code the sections that hold instructions, data sections with some among them
   */
  SiteCode(long base, int lowest, List<ImageSection> code) {
    this.base = base;
    this.lowest = lowest;
    this.code = List.copyOf(code);
  }

  /** The place of {@code address} in bytes from the base, which may be data. */
  int place(SiteTable table, int entry, long address) throws ExtractionException {
    long place = address - base;
    if (place < lowest || place > Integer.MAX_VALUE) {
      throw table.refuse(entry, "an address in the image", String.format("0x%016x", address));
    }
    return (int) place;
  }

  /** The place of {@code address}, at which {@code length} bytes of code lie. */
  int site(SiteTable table, int entry, long address, int length) throws ExtractionException {
    int place = place(table, entry, address);
    if (!isCode(place, length)) {
      throw table.refuse(
          entry, length + " bytes of code at its address", String.format("0x%016x", address));
    }
    return place;
  }

  boolean isCode(long place, int length) {
    for (ImageSection section : code) {
      if (place >= section.offset() && place <= (long) section.end() - length) {
        return true;
      }
    }
    return false;
  }

  /** Whether {@code expected} (bytes from 0 to 255) stands at {@code place}. */
  boolean has(int place, int... expected) {
    for (ImageSection section : code) {
      if (section.holds(place)) {
        return has(section.bytes(), place - section.offset(), expected);
      }
    }
    return false;
  }

  private static boolean has(byte[] bytes, int at, int[] expected) {
    for (int i = 0; i < expected.length; i++) {
      if (at + i >= bytes.length || (bytes[at + i] & 0xff) != expected[i]) {
        return false;
      }
    }
    return true;
  }

  /** The bytes at {@code place}, for messages. */
  String show(int place) {
    for (ImageSection section : code) {
      if (section.holds(place)) {
        int at = place - section.offset();
        return String.format("0x%x: ", place)
            + HexFormat.of()
                .formatHex(section.bytes(), at, Math.min(at + SHOWN, section.bytes().length));
      }
    }
    return String.format("0x%x: no code", place);
  }
}
