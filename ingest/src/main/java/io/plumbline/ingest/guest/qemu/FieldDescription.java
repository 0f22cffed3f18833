package io.plumbline.ingest.guest.qemu;

import java.util.List;
import java.util.Optional;

/**
 * A field as the stream's JSON describes it.
 *
 * @param name of the C field, such as {@code env.segs}
 * @param type such as {@code uint64}, {@code buffer}, {@code struct}
 * @param size bytes of one element on the wire; -1 if the description does not say
 * @param count elements, 1 unless the field is an array
 * @param index this element's place if the array is described element by element, else -1
 * @param struct the inside, for type {@code struct}
 */
record FieldDescription(
    String name, String type, long size, long count, int index, Optional<Struct> struct) {
  /**
   * Fields in a row, then those subsections that were written.
   *
   * @param name of the structure or subsection, which stands in front of a subsection on the wire
   */
  record Struct(String name, List<FieldDescription> fields, List<Struct> subsections) {}

  /** Whether one element is a number of 1, 2, 4 or 8 bytes. */
  boolean isNumber() {
    return struct.isEmpty() && (size == 1 || size == 2 || size == 4 || size == 8);
  }
}
