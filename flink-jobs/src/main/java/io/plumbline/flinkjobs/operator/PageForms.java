package io.plumbline.flinkjobs.operator;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.plumbline.introspection.memory.PageBytes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The forms in which state keeps pages of a block of {@link PageBlock#PAGES} frames. Stored:
 *
 * <ul>
 *   <li>the form's number (1 byte)
 *   <li>which pages are one byte throughout, and which others there are (2 bytes each, big-endian,
 *       the first page's bit is the lowest)
 *   <li>the byte of each of one byte; Linux fills 2 MiB for small programs with breakpoints
 *   <li>in form 1 the 4096 bytes of each other one; in forms 2 to 4, if there are others, CRC-32C
 *       of them (4 bytes, big-endian) and a frame of zstd (RFC 8878). In it are {@link ByteRuns}
 *       over zeros (2), {@link ByteRuns} over what the kernel's image has in their place (3), or
 *       {@link NearWords} (4)
 * </ul>
 *
 * <p>Holds native memory and buffers, for one thread.
 */
final class PageForms implements AutoCloseable {
  /** What the kernel's image has in the place of some pages of a block. */
  @FunctionalInterface
  interface Base {
    /**
     * @param pages which, the first one's bit is the lowest
     * @return their bytes in a fresh array; null if none of them lies in an image
     * @throws PagesLostException if the image cannot be read
     */
    byte[] of(int pages);
  }

  private static final byte WHOLE = 1;
  private static final byte OVER_ZEROS = 2;
  private static final byte OVER_IMAGE = 3;
  private static final byte NEAR_WORDS = 4;

  /** Of levels 1 to 9, each next one takes longer and none saves three per cent more. */
  private static final int LEVEL = 1;

  private static final int HEADER = 1 + 2 * Short.BYTES;
  private static final int SIZE = PageBytes.SIZE;
  private static final byte[] ZEROS = new byte[PageBlock.PAGES * SIZE];

  /** Pages of one byte, by that byte; made when they are asked for. */
  private static final AtomicReferenceArray<PageBytes> FILLED = new AtomicReferenceArray<>(0x100);

  private final ZstdCompressCtx compression =
      new ZstdCompressCtx().setLevel(LEVEL).setContentSize(false);
  private final ZstdDecompressCtx decompression = new ZstdDecompressCtx();
  private final byte[] guest = new byte[ZEROS.length];
  private final byte[] plain = new byte[ByteRuns.most(ZEROS.length)];
  private final byte[] packed = new byte[(int) Zstd.compressBound(plain.length)];

  private static int first(int pages) {
    return Integer.numberOfTrailingZeros(pages);
  }

  /**
   * Keeps pages as they are.
   *
   * @param pages the block's, in their places
   * @param which of them, at least one
   */
  static byte[] whole(PageBytes[] pages, int which) {
    int filled = filled(pages, which);
    int others = which & ~filled;
    int length = Integer.bitCount(others) * SIZE;
    byte[] stored = started(WHOLE, pages, which, filled, length);
    copy(pages, others, stored, stored.length - length);
    return stored;
  }

  /**
   * Keeps pages in little room.
   *
   * @param pages the block's, in their places
   * @param which of them, at least one
   */
  byte[] packed(PageBytes[] pages, int which, Base image) {
    int filled = filled(pages, which);
    int others = which & ~filled;
    if (others == 0) {
      return started(OVER_ZEROS, pages, which, filled, 0);
    }
    int length = copy(pages, others, guest, 0);
    byte[] base = image.of(others);
    byte form = base == null ? OVER_ZEROS : OVER_IMAGE;
    ByteBuffer runs = ByteBuffer.wrap(plain);
    ByteRuns.write(guest, base == null ? ZEROS : base, length, runs);
    int told = runs.position();
    if (told > length / 2 && NearWords.are(guest, length)) {
      form = NEAR_WORDS;
      NearWords.write(guest, length, plain);
      told = length;
    }
    int zstd = compression.compressByteArray(packed, 0, packed.length, plain, 0, told);
    byte[] stored = started(form, pages, which, filled, Integer.BYTES + zstd);
    ByteBuffer.wrap(stored, stored.length - zstd - Integer.BYTES, Integer.BYTES + zstd)
        .putInt(PageChecksum.of(guest, length))
        .put(packed, 0, zstd);
    return stored;
  }

  /** The form's beginning, with room for what follows. */
  private static byte[] started(byte form, PageBytes[] pages, int which, int filled, int follows) {
    byte[] stored = new byte[HEADER + Integer.bitCount(filled) + follows];
    ByteBuffer to = ByteBuffer.wrap(stored);
    to.put(form).putShort((short) filled).putShort((short) (which & ~filled));
    for (int rest = filled; rest != 0; rest &= rest - 1) {
      to.put((byte) pages[first(rest)].byteAt(0));
    }
    return stored;
  }

  private static int filled(PageBytes[] pages, int which) {
    int filled = 0;
    for (int rest = which; rest != 0; rest &= rest - 1) {
      PageBytes page = pages[first(rest)];
      byte[] bytes = page.backingArray();
      int from = page.backingOffset();
      int to = from + SIZE;
      if (Arrays.mismatch(bytes, from, to - 1, bytes, from + 1, to) < 0) {
        filled |= Integer.lowestOneBit(rest);
      }
    }
    return filled;
  }

  /** Copies some pages one after the other, and says how many bytes these are. */
  private static int copy(PageBytes[] pages, int which, byte[] to, int from) {
    int at = from;
    for (int rest = which; rest != 0; rest &= rest - 1) {
      pages[first(rest)].copyTo(0, to, at, SIZE);
      at += SIZE;
    }
    return at - from;
  }

  /**
   * Tells pages again.
   *
   * @param stored which nobody changes
   * @param wanted which pages
   * @param into the block's, where they are put
   * @throws PagesLostException if they cannot be told by it
   */
  void read(byte[] stored, int wanted, PageBytes[] into, Base image) {
    if (stored == null || stored.length < HEADER) {
      throw new PagesLostException(
          "state: expected pages, found " + (stored == null ? 0 : stored.length) + " bytes");
    }
    ByteBuffer from = ByteBuffer.wrap(stored);
    byte form = from.get();
    int filled = from.getShort() & 0xffff;
    int others = from.getShort() & 0xffff;
    int at = HEADER + Integer.bitCount(filled);
    if ((wanted & ~(filled ^ others)) != 0 || stored.length < at) {
      throw new PagesLostException(
          String.format(
              "state: expected pages %04x, found %04x and %04x in %d bytes",
              wanted, filled, others, stored.length));
    }
    for (int rest = filled; rest != 0; rest &= rest - 1) {
      byte value = from.get();
      if ((wanted & Integer.lowestOneBit(rest)) != 0) {
        into[first(rest)] = filledWith(value);
      }
    }
    if ((wanted & others) != 0) {
      boolean whole = form == WHOLE;
      byte[] pages = whole ? stored : unpacked(stored, at, others, image);
      put(pages, whole ? at : 0, others, wanted, into);
    }
  }

  private static void put(byte[] pages, int from, int which, int wanted, PageBytes[] into) {
    int expected = Integer.bitCount(which) * SIZE;
    if (pages.length - from != expected) {
      throw new PagesLostException(
          "state: expected " + expected + " bytes of pages, found " + (pages.length - from));
    }
    int at = from;
    for (int rest = which; rest != 0; rest &= rest - 1) {
      if ((wanted & Integer.lowestOneBit(rest)) != 0) {
        into[first(rest)] = PageBytes.wrap(pages, at);
      }
      at += SIZE;
    }
  }

  private byte[] unpacked(byte[] stored, int from, int which, Base image) {
    int length = Integer.bitCount(which) * SIZE;
    int zstd = from + Integer.BYTES;
    if (stored.length < zstd) {
      throw new PagesLostException("state: expected packed pages, found the end");
    }
    byte[] pages =
        switch (stored[0]) {
          case OVER_ZEROS -> runs(stored, zstd, new byte[length]);
          case OVER_IMAGE -> runs(stored, zstd, overImage(image, which));
          case NEAR_WORDS -> words(stored, zstd, length);
          default ->
              throw new PagesLostException(
                  "state: expected pages in form 1 to 4, found " + stored[0]);
        };
    PageChecksum.check(ByteBuffer.wrap(stored).getInt(from), pages, length);
    return pages;
  }

  private static byte[] overImage(Base image, int which) {
    byte[] base = image.of(which);
    if (base == null) {
      throw new PagesLostException("state: expected an image that pages are kept over, found none");
    }
    return base;
  }

  private byte[] runs(byte[] stored, int from, byte[] base) {
    int length = decompress(stored, from, ByteRuns.most(base.length));
    ByteRuns.read(ByteBuffer.wrap(plain, 0, length), base, base.length);
    return base;
  }

  private byte[] words(byte[] stored, int from, int length) {
    int found = decompress(stored, from, length);
    if (found != length) {
      throw new PagesLostException("state: expected " + length + " bytes, found " + found);
    }
    byte[] pages = new byte[length];
    NearWords.read(plain, length, pages);
    return pages;
  }

  /** Decompresses into {@link #plain}, at most so much, whatever the frame says of its length. */
  private int decompress(byte[] stored, int from, int most) {
    try {
      return decompression.decompressByteArray(plain, 0, most, stored, from, stored.length - from);
    } catch (ZstdException e) {
      throw new PagesLostException(
          "state: expected at most " + most + " bytes in zstd, found " + e.getMessage());
    }
  }

  private static PageBytes filledWith(byte value) {
    if (value == 0) {
      return PageBytes.ZERO;
    }
    PageBytes known = FILLED.get(value & 0xff);
    if (known == null) {
      byte[] page = new byte[SIZE];
      Arrays.fill(page, value);
      known = PageBytes.wrap(page);
      FILLED.set(value & 0xff, known);
    }
    return known;
  }

  @Override
  public void close() {
    compression.close();
    decompression.close();
  }
}
