package io.plumbline.ingest.guest.file;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.XZInputStream;

/** How a part of an image is compressed, told by its first bytes. */
public enum Compression {
  GZIP("1f8b", true),
  XZ("fd377a585a00", true),
  ZSTD("28b52ffd", true),
  BZIP2("425a68", false),
  LZOP("894c5a4f000d0a1a0a", false);

  /** Memory that an xz stream may ask for, in KiB; {@code xz -9} asks for 65 MiB. */
  private static final int XZ_MEMORY_KIB = 256 << 10;

  private static final int CHUNK = 1 << 18;

  /** What is left of the disk, and what the smallest file may unpack to. */
  private static final long SPARED = 1L << 30;

  private static final long LARGEST_RATIO = 500;

  private final String magic;
  private final boolean supported;

  Compression(String magic, boolean supported) {
    this.magic = magic;
    this.supported = supported;
  }

  /** The compression that begins with these bytes. */
  public static Optional<Compression> of(byte[] head) {
    String start = HexFormat.of().formatHex(head);
    return Arrays.stream(values())
        .filter(compression -> start.startsWith(compression.magic))
        .findFirst();
  }

  /**
   * Unpacks {@code file} from {@code offset} to its end into a temporary file, which has no name
   * any more where the system allows that (Linux does), and is gone when the result is closed.
   *
   * @throws ImageException if the data are damaged or truncated, unpack to more than is plausible
   *     or the disk holds, or this compression is not supported
   */
  public ImageFile unpack(ImageFile file, long offset) throws IOException {
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    long affordable = Math.max(0, Files.getFileStore(folder).getUsableSpace() - SPARED);
    return unpack(file, offset, Math.min(affordable, plausibleBytes(file.size() - offset)));
  }

  /**
   * A few KiB of zstd can unpack to terabytes, and would fill the disk for everyone. RAM as guests
   * have it, zero pages being 9 bytes in a stream, packs to a third or a quarter; this leaves room
   * for one that is all the same.
   */
  static long plausibleBytes(long packed) {
    return SPARED + Math.min(packed, Long.MAX_VALUE / LARGEST_RATIO / 2) * LARGEST_RATIO;
  }

  /** The same with the most bytes that the unpacked file may have. */
  ImageFile unpack(ImageFile file, long offset, long limit) throws IOException {
    if (!supported) {
      throw file.malformed(
          offset, "compression", "none, gzip, xz or zstd", this + " (not supported)");
    }
    Path path = Files.createTempFile("plumbline-unpacked-", ".image");
    FileChannel target =
        FileChannel.open(
            path,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    try {
      copy(file, offset, target, limit);
      return ImageFile.of(file.name() + " (unpacked)", target);
    } catch (IOException | RuntimeException | Error e) {
      target.close();
      throw e;
    }
  }

  private void copy(ImageFile file, long offset, FileChannel target, long limit)
      throws IOException {
    byte[] chunk = new byte[CHUNK];
    long written = 0;
    try (InputStream packed = new BufferedInputStream(file.stream(offset), CHUNK);
        InputStream in = unpacking(packed, file, offset)) {
      for (int read = read(in, chunk, file, offset, written);
          read >= 0;
          read = read(in, chunk, file, offset, written)) {
        written += read;
        if (written > limit) {
          throw file.malformed(
              offset, this + " data", "at most " + limit + " bytes unpacked", "more");
        }
        write(ByteBuffer.wrap(chunk, 0, read), target, file);
      }
    }
  }

  private static void write(ByteBuffer bytes, FileChannel target, ImageFile file)
      throws IOException {
    try {
      while (bytes.hasRemaining()) {
        target.write(bytes);
      }
    } catch (IOException e) {
      throw new ImageException(
          file.name()
              + ": expected to unpack it into "
              + System.getProperty("java.io.tmpdir")
              + ", found "
              + e.getMessage(),
          e);
    }
  }

  private InputStream unpacking(InputStream packed, ImageFile file, long offset)
      throws IOException {
    try {
      return switch (this) {
        case GZIP -> new GZIPInputStream(packed, CHUNK);
        case XZ -> new XZInputStream(packed, XZ_MEMORY_KIB);
        case ZSTD -> new ZstdInputStream(packed);
        case BZIP2, LZOP -> throw new IllegalStateException(this + " was refused before");
      };
    } catch (IOException e) {
      throw damaged(e, file, offset, 0);
    }
  }

  private int read(InputStream in, byte[] chunk, ImageFile file, long offset, long written)
      throws IOException {
    try {
      return in.read(chunk);
    } catch (IOException e) {
      throw damaged(e, file, offset, written);
    }
  }

  private ImageException damaged(IOException cause, ImageFile file, long offset, long written) {
    String found =
        cause.getMessage() == null
            ? cause.getClass().getSimpleName()
            : ImageException.printable(cause.getMessage());
    return new ImageException(
        file.malformed(
                offset,
                this + " data, behind " + written + " unpacked bytes",
                "whole and undamaged",
                found)
            .getMessage(),
        cause);
  }
}
