package io.plumbline.signaturestore.extract.sites;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;

/**
 * The bytes of one table.
 *
 * @param name of the section, or of the table that symbols bound
 * @param address linear address of its first byte
 */
record SiteTable(String name, long address, ByteRange bytes) {
  /** The address that the 32-bit distance at {@code at} means: it counts from its own place. */
  long relative(int at) throws ExtractionException {
    return address + at + bytes.s32(at);
  }

  /** How many entries of {@code size} bytes it has; a rest means another layout. */
  int entries(int size) throws ExtractionException {
    if (bytes.length() % size != 0) {
      throw refuse("entries of " + size + " bytes", bytes.length() + " bytes");
    }
    return bytes.length() / size;
  }

  ExtractionException refuse(String expected, String found) {
    return new ExtractionException(bytes.name(), expected, found);
  }

  ExtractionException refuse(int entry, String expected, String found) {
    return new ExtractionException(bytes.name() + ": entry " + entry, expected, found);
  }
}
