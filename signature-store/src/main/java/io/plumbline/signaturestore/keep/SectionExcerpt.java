package io.plumbline.signaturestore.keep;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.Set;

/**
 * Some sections of a signature file; the others are skipped and not read where that is possible.
 */
final class SectionExcerpt {
  private static final int COUNT_AT = SectionFile.FILE_HEADER - Short.BYTES;
  private static final int STORED_AT = SectionFile.SECTION_HEADER - Integer.BYTES;

  private final String where;
  private final InputStream file;
  private final Set<SectionType> wanted;
  private final ByteArrayOutputStream sections = new ByteArrayOutputStream();
  private int count;

  private SectionExcerpt(String where, InputStream file, Set<SectionType> wanted) {
    this.where = where;
    this.file = file;
    this.wanted = wanted;
  }

  /**
   * The sections of {@code file} that are {@code wanted} and there.
   *
   * @throws SignatureException if it is no signature file, or needs a section that is not known
   */
  static SectionFile read(String where, InputStream file, Set<SectionType> wanted)
      throws IOException {
    return new SectionExcerpt(where, file, wanted).read();
  }

  private SectionFile read() throws IOException {
    byte[] header = file.readNBytes(SectionFile.FILE_HEADER);
    if (header.length == SectionFile.FILE_HEADER) {
      ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
      int all = Short.toUnsignedInt(fields.getShort(COUNT_AT));
      for (int i = 0; i < all; i++) {
        readSection(i);
      }
      fields.putShort(COUNT_AT, (short) count);
    }
    ByteArrayOutputStream excerpt = new ByteArrayOutputStream();
    excerpt.write(header);
    sections.writeTo(excerpt);
    return SectionFile.excerpt(where, excerpt.toByteArray());
  }

  /** Copies a section that is wanted, and the header of one that is not known. */
  private void readSection(int index) throws IOException {
    byte[] header = file.readNBytes(SectionFile.SECTION_HEADER);
    if (header.length < SectionFile.SECTION_HEADER) {
      throw new SignatureException(
          where + ": section " + index + ": expected a header, found the file's end");
    }
    ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    Optional<SectionType> type = SectionType.of(Short.toUnsignedInt(fields.getShort(0)));
    int stored = fields.getInt(STORED_AT);
    boolean kept = type.filter(wanted::contains).isPresent();
    int most = kept ? type.get().mostBytes() : SectionFile.MOST_BYTES;
    if (stored < 0 || stored > most) {
      throw new SignatureException(
          where + ": section " + index + ": expected 0 to " + most + " bytes, found " + stored);
    }
    if (kept) {
      sections.write(header);
      sections.write(file.readNBytes(stored));
    } else {
      skip(index, stored);
      fields.putInt(STORED_AT, 0);
      sections.write(header, 0, type.isEmpty() ? header.length : 0);
    }
    count += kept || type.isEmpty() ? 1 : 0;
  }

  private void skip(int index, int bytes) throws IOException {
    try {
      file.skipNBytes(bytes);
    } catch (EOFException e) {
      throw new SignatureException(
          where + ": section " + index + ": expected " + bytes + " bytes, found the file's end", e);
    }
  }
}
