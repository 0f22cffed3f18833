package io.plumbline.ingest.guest.libvirt;

import io.plumbline.ingest.guest.file.ByteCursor;
import io.plumbline.ingest.guest.file.Compression;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.file.ImageFile;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A libvirt save file (libvirt src/qemu/qemu_saveimage.h, {@code virQEMUSaveHeader}): 92 bytes of
 * header (16 of magic, then version, data_len, was_running, format, cookieOffset and 14 unused
 * numbers of 4 bytes in the host's byte order), data_len bytes of domain XML and padding, and
 * behind them the migration stream, possibly compressed. How it is compressed is told by its own
 * first bytes, because the header's number is only as good as the host's configuration.
 *
 * @param file where the stream is: the save file itself or its unpacked part
 * @param streamStart offset of the stream in {@code file}
 */
public record LibvirtSave(ImageFile file, long streamStart) {
  /** A finished save; while libvirt writes, it stands for "Part" at the end. */
  public static final String MAGIC = "LibvirtQemudSave";

  private static final String MAGIC_UNFINISHED = "LibvirtQemudPart";
  private static final int HEADER = 92;
  private static final int VERSION = 2;
  private static final int LONGEST_MAGIC = 16;

  /** Whether a file that starts so is a libvirt save, finished or not. */
  public static boolean isRecognised(byte[] head) {
    String magic =
        new String(head, 0, Math.min(head.length, MAGIC.length()), StandardCharsets.ISO_8859_1);
    return magic.equals(MAGIC) || magic.equals(MAGIC_UNFINISHED);
  }

  /**
   * Reads the header and unpacks the stream if it is compressed; the caller closes the result's
   * file, which in that case is not {@code file}.
   *
   * @throws ImageException if libvirt did not finish the file, it is damaged, or compressed in a
   *     way that is not supported
   */
  public static LibvirtSave open(ImageFile file) throws IOException {
    ByteCursor in = file.cursor(0, ByteOrder.LITTLE_ENDIAN);
    String magic = in.text(MAGIC.length(), "magic of a libvirt save");
    if (!magic.equals(MAGIC)) {
      throw file.malformed(0, "libvirt save", MAGIC, magic + ": libvirt did not finish it");
    }
    long version = in.u32("version of a libvirt save");
    boolean swapped = version > 0xffff;
    version = swapped ? Integer.reverseBytes((int) version) : version;
    if (version < 1 || version > VERSION) {
      throw file.malformed(16, "version of a libvirt save", "1 or 2", "" + version);
    }
    long xmlBytes = in.u32("length of the domain XML");
    xmlBytes = swapped ? Integer.reverseBytes((int) xmlBytes) & 0xffff_ffffL : xmlBytes;
    long start = HEADER + xmlBytes;
    file.requireInside(HEADER, xmlBytes, "domain XML of a libvirt save");
    byte[] head = new byte[(int) Math.min(LONGEST_MAGIC, file.size() - start)];
    file.read(start, head);
    Optional<Compression> compression = Compression.of(head);
    return compression.isEmpty()
        ? new LibvirtSave(file, start)
        : new LibvirtSave(compression.get().unpack(file, start), 0);
  }
}
