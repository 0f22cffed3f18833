package io.plumbline.ingest.guest.qemu;

import io.plumbline.ingest.guest.file.ByteCursor;
import io.plumbline.ingest.guest.file.ImageException;
import java.io.IOException;

/**
 * Walks over a device section as its description lays it out, and reports the numbers that somebody
 * wants. Descriptions are hostile as well: an array of 2^40 structures without a byte in them would
 * never end, so that the fields of one stream are counted.
 */
final class DeviceSections {
  private static final int SUBSECTION = 0x05;
  private static final int FIELD_BUDGET = 4_000_000;

  /** Who wants numbers of a device's fields, by path: {@code env.segs[1].base}. */
  interface FieldReader {
    /** Whether {@link #number} shall be called for this field of the device, or what is inside. */
    boolean wants(String field);

    /** The field's value, zero-extended unless the description's type is signed. */
    void number(String path, long value);

    /** Wants nothing: the section is walked over only. */
    FieldReader NONE =
        new FieldReader() {
          @Override
          public boolean wants(String field) {
            return false;
          }

          @Override
          public void number(String path, long value) {
            throw new IllegalStateException("not asked for " + path);
          }
        };
  }

  private final ByteCursor in;
  private int budget = FIELD_BUDGET;

  DeviceSections(ByteCursor in) {
    this.in = in;
  }

  /** Reads one section's body, from its first field to behind its last subsection. */
  void read(FieldDescription.Struct device, FieldReader reader) throws IOException {
    struct(device, "", device.name(), reader);
  }

  private void struct(
      FieldDescription.Struct struct, String path, String device, FieldReader reader)
      throws IOException {
    for (FieldDescription field : struct.fields()) {
      boolean wanted = !path.isEmpty() || reader.wants(field.name());
      // The path of what nobody wants is not spelled out, millions of times.
      String place = reader == FieldReader.NONE ? field.name() : path + field.name();
      field(field, place, device, wanted ? reader : FieldReader.NONE);
    }
    for (FieldDescription.Struct subsection : struct.subsections()) {
      enter(subsection, device);
      // A subsection's fields are the device's own: they keep their plain names.
      struct(subsection, path, device, reader);
    }
  }

  private void field(FieldDescription field, String path, String device, FieldReader reader)
      throws IOException {
    if (field.struct().isEmpty() && (reader == FieldReader.NONE || !field.isNumber())) {
      spend(1, device);
      in.skip(bytes(field), describe(path, device));
      return;
    }
    for (long i = 0; i < field.count(); i++) {
      spend(1, device);
      String element = path;
      if (reader != FieldReader.NONE && field.index() >= 0) {
        element = path + "[" + field.index() + "]";
      } else if (reader != FieldReader.NONE && field.count() > 1) {
        element = path + "[" + i + "]";
      }
      if (field.struct().isPresent()) {
        struct(field.struct().get(), element + ".", device, reader);
      } else {
        reader.number(element, number(field, describe(path, device)));
      }
    }
  }

  private void enter(FieldDescription.Struct subsection, String device) throws IOException {
    String what = "subsection " + describe(subsection.name(), device);
    if (in.peek(what) != SUBSECTION) {
      throw in.malformed(what, "0x05", "0x" + Integer.toHexString(in.peek(what)));
    }
    in.skip(1, what);
    long at = in.position();
    String found = in.countedText(what);
    if (!found.equals(subsection.name())) {
      in.seek(at, what);
      throw in.malformed(
          what,
          ImageException.printable(subsection.name()),
          "\"" + ImageException.printable(found) + "\"");
    }
    in.u32(what);
  }

  private long number(FieldDescription field, String what) throws IOException {
    boolean signed = field.type().startsWith("int");
    return switch ((int) field.size()) {
      case 1 -> signed ? (byte) in.u8(what) : in.u8(what);
      case 2 -> signed ? (short) in.u16(what) : in.u16(what);
      case 4 -> signed ? (int) in.u32(what) : in.u32(what);
      default -> in.u64(what);
    };
  }

  private static long bytes(FieldDescription field) {
    // Both are at most 2^40: the product of two such cannot be a place in a file.
    long high = Math.multiplyHigh(field.size(), field.count());
    return high == 0 ? field.size() * field.count() : Long.MAX_VALUE;
  }

  private void spend(int fields, String device) throws ImageException {
    budget -= fields;
    if (budget < 0) {
      throw in.malformed(
          "device " + ImageException.printable(device),
          "at most " + FIELD_BUDGET + " fields in the stream",
          "more");
    }
  }

  private static String describe(String path, String device) {
    return ImageException.printable(path) + " of device " + ImageException.printable(device);
  }
}
