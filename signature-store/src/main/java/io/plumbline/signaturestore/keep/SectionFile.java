package io.plumbline.signaturestore.keep;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The outer form of a signature file, all numbers little-endian:
 *
 * <pre>
 *  8 bytes  magic 89 'P' 'L' 'S' 0d 0a 1a 0a (a transfer as text breaks it, as with PNG)
 *  u16      format version: rises only when older readers must not read the file
 *  u16      number of sections
 *  then for each section, by ascending type:
 *  u16      type
 *  u8       1 if a reader that does not know the type must refuse the file
 *  u8       compression: 0 none, 1 zstd
 *  u32      bytes of the body before compression
 *  u32      bytes of the body in the file
 *           the body
 * </pre>
 *
 * <p>Each body is compressed for itself, so that one that is not wanted costs nothing.
 */
final class SectionFile {
  static final int FORMAT_VERSION = 1;

  /** The largest file that is read, in bytes: ten times a large kernel's. */
  static final int MOST_BYTES = 128 << 20;

  private static final byte[] MAGIC = {(byte) 0x89, 'P', 'L', 'S', 0x0d, 0x0a, 0x1a, 0x0a};
  static final int FILE_HEADER = MAGIC.length + 2 * Short.BYTES;
  static final int SECTION_HEADER = Short.BYTES + 2 * Byte.BYTES + 2 * Integer.BYTES;
  private static final int PLAIN = 0;
  private static final int ZSTD = 1;
  // Level 19 is the last whose decoder needs no more than the window; a window of 2^25 bytes spans
  // the text of a kernel. Files are written once and read for years.
  private static final int LEVEL = 19;
  // A package's bytes are most of its file: level 16 takes two thirds of the time of level 19
  // and makes it a few per cent longer.
  private static final int CONTENT_LEVEL = 16;
  private static final int WINDOW_LOG = 25;
  private static final int LONG_BODY = 1 << 20;

  private final String where;
  private final ByteBuffer file;
  private final Map<SectionType, Section> sections = new EnumMap<>(SectionType.class);

  private record Section(int offset, int compression, int length, int stored) {}

  private SectionFile(String where, byte[] file) {
    this.where = where;
    this.file = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
  }

  static byte[] write(Map<SectionType, byte[]> bodies) {
    Map<SectionType, byte[]> ordered = new EnumMap<>(bodies);
    for (Map.Entry<SectionType, byte[]> body : ordered.entrySet()) {
      if (body.getValue().length > body.getKey().mostBytes()) {
        throw new IllegalArgumentException(
            String.format(
                "signature: expected section %s of at most %d bytes, found %d to be written",
                body.getKey(), body.getKey().mostBytes(), body.getValue().length));
      }
    }
    Map<SectionType, byte[]> stored = stored(ordered);
    int size = FILE_HEADER;
    for (byte[] body : stored.values()) {
      size = Math.addExact(size, SECTION_HEADER + body.length);
    }
    if (size > MOST_BYTES) {
      throw new IllegalArgumentException(
          "signature: expected a file of at most " + MOST_BYTES + " bytes, found " + size);
    }
    ByteBuffer file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    file.put(MAGIC).putShort((short) FORMAT_VERSION).putShort((short) ordered.size());
    ordered.forEach((type, body) -> put(file, type, body, stored.get(type)));
    return file.array();
  }

  /** Sections as they go into the file. The kernel's bytes take as long as all others together. */
  private static Map<SectionType, byte[]> stored(Map<SectionType, byte[]> bodies) {
    Map<SectionType, byte[]> stored = Collections.synchronizedMap(new EnumMap<>(SectionType.class));
    bodies.entrySet().parallelStream()
        .forEach(
            body -> {
              SectionType type = body.getKey();
              byte[] bytes = body.getValue();
              stored.put(type, type.packed() ? bytes : shorter(type, bytes));
            });
    return stored;
  }

  private static void put(ByteBuffer file, SectionType type, byte[] body, byte[] stored) {
    file.putShort((short) type.code());
    file.put((byte) (type.mandatory() ? 1 : 0));
    file.put((byte) (stored == body ? PLAIN : ZSTD));
    file.putInt(body.length).putInt(stored.length).put(stored);
  }

  private static byte[] shorter(SectionType type, byte[] body) {
    try (ZstdCompressCtx zstd = new ZstdCompressCtx()) {
      zstd.setLevel(type == SectionType.CONTENT ? CONTENT_LEVEL : LEVEL).setContentSize(true);
      if (body.length >= LONG_BODY) {
        zstd.setLong(WINDOW_LOG);
      }
      byte[] packed = zstd.compress(body);
      return packed.length < body.length ? packed : body;
    }
  }

  /** The sections of {@code file}; {@code where} names it in messages. Bodies stay compressed. */
  static SectionFile read(String where, byte[] file) throws SignatureException {
    SectionFile read = new SectionFile(where, file);
    read.readHeaders();
    for (SectionType type : SectionType.values()) {
      if (type.neededBy(read.kind()) && !read.sections.containsKey(type)) {
        throw SignatureException.at(where, file.length, "end", "a section " + type, "none");
      }
    }
    return read;
  }

  /** The sections of an excerpt of a file, which need not have all that a file needs. */
  static SectionFile excerpt(String where, byte[] file) throws SignatureException {
    SectionFile read = new SectionFile(where, file);
    read.readHeaders();
    return read;
  }

  /** Whether the file has a section. */
  boolean has(SectionType type) {
    return sections.containsKey(type);
  }

  /** How the build that the file is about is known. */
  SectionType.Kind kind() {
    return sections.containsKey(SectionType.IMAGE)
        ? SectionType.Kind.PACKAGE
        : SectionType.Kind.ENROLLED;
  }

  private void readHeaders() throws SignatureException {
    if (file.capacity() > MOST_BYTES) {
      throw refuse(0, "file", "at most " + MOST_BYTES + " bytes", file.capacity());
    }
    if (file.capacity() < FILE_HEADER
        || !Arrays.equals(file.array(), 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw refuse(0, "magic", "a signature file", "another or a truncated one");
    }
    file.position(MAGIC.length);
    int version = Short.toUnsignedInt(file.getShort());
    if (version < 1 || version > FORMAT_VERSION) {
      throw refuse(MAGIC.length, "format version", "1 to " + FORMAT_VERSION, version);
    }
    int count = Short.toUnsignedInt(file.getShort());
    int previous = 0;
    for (int i = 0; i < count; i++) {
      previous = readHeader(previous);
    }
    if (file.hasRemaining()) {
      throw refuse(file.position(), "end", "no more bytes", file.remaining());
    }
  }

  private int readHeader(int previous) throws SignatureException {
    int at = file.position();
    if (file.remaining() < SECTION_HEADER) {
      throw refuse(at, "section header", SECTION_HEADER + " bytes", file.remaining());
    }
    int code = Short.toUnsignedInt(file.getShort());
    int mandatory = Byte.toUnsignedInt(file.get());
    int compression = Byte.toUnsignedInt(file.get());
    int length = file.getInt();
    int stored = file.getInt();
    if (code <= previous) {
      throw refuse(at, "section type", "one after " + previous, code);
    }
    if (stored < 0 || stored > file.remaining()) {
      throw refuse(at, "body of section " + code, "at most " + file.remaining() + " bytes", stored);
    }
    Optional<SectionType> type = SectionType.of(code);
    if (type.isPresent()) {
      sections.put(type.get(), new Section(file.position(), compression, length, stored));
    } else if (mandatory != 0) {
      throw refuse(
          at, "section type", "1 to " + SectionType.values().length + ", or optional", code);
    }
    file.position(file.position() + stored);
    return code;
  }

  /** The body of a section; empty if an optional one is not there. */
  Optional<ByteSource> body(SectionType type) throws SignatureException {
    return sections.containsKey(type) ? Optional.of(required(type)) : Optional.empty();
  }

  /** The body of a section that is there, as every mandatory one is. */
  ByteSource required(SectionType type) throws SignatureException {
    return new ByteSource(where + ": section " + type, bytes(type));
  }

  /** The same as bytes. */
  byte[] bytes(SectionType type) throws SignatureException {
    Section section = sections.get(type);
    if (section == null) {
      throw new IllegalStateException(where + ": no section " + type);
    }
    if (section.length() < 0 || section.length() > type.mostBytes()) {
      throw refuse(
          section.offset(),
          "length of section " + type,
          "0 to " + type.mostBytes(),
          section.length());
    }
    return switch (section.compression()) {
      case PLAIN -> plain(type, section);
      case ZSTD -> unpacked(type, section);
      default ->
          throw refuse(
              section.offset(), "compression of section " + type, "0 or 1", section.compression());
    };
  }

  private byte[] plain(SectionType type, Section section) throws SignatureException {
    if (section.length() != section.stored()) {
      throw refuse(
          section.offset(),
          "length of section " + type,
          "the " + section.stored() + " bytes stored",
          section.length());
    }
    return Arrays.copyOfRange(file.array(), section.offset(), section.offset() + section.stored());
  }

  private byte[] unpacked(SectionType type, Section section) throws SignatureException {
    byte[] body = new byte[section.length()];
    long written;
    try {
      written =
          Zstd.decompressByteArray(
              body, 0, body.length, file.array(), section.offset(), section.stored());
    } catch (ZstdException e) {
      throw refuse(section.offset(), "body of section " + type, "zstd", e.getMessage());
    }
    if (written != body.length) {
      throw refuse(section.offset(), "body of section " + type, body.length + " bytes", written);
    }
    return body;
  }

  private SignatureException refuse(long offset, String what, String expected, Object found) {
    return SignatureException.at(where, offset, what, expected, found);
  }
}
