package io.plumbline.signaturestore.extract.boot;

import com.github.luben.zstd.Zstd;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * How a kernel may be compressed, each known by its first bytes (kernel {@code lib/decompress.c}).
 */
enum Codec {
  GZIP("1f8b") {
    @Override
    void decompress(ByteRange input, byte[] output) throws IOException {
      fill(input, new GZIPInputStream(stream(input), 1 << 16), output);
    }
  },
  BZIP2("425a68") {
    @Override
    void decompress(ByteRange input, byte[] output) throws IOException {
      fill(input, new BZip2CompressorInputStream(stream(input)), output);
    }
  },
  LZMA("5d0000") {
    @Override
    void decompress(ByteRange input, byte[] output) throws IOException {
      fill(input, new LZMAInputStream(stream(input), MOST_MEMORY_KIB), output);
    }
  },
  XZ("fd377a585a00") {
    @Override
    void decompress(ByteRange input, byte[] output) throws IOException {
      fill(input, new XZInputStream(stream(input), MOST_MEMORY_KIB), output);
    }
  },
  LZO("894c5a4f") {
    @Override
    void decompress(ByteRange input, byte[] output) throws IOException {
      // The only Java libraries for it are under the GPL or have not been kept for years.
      throw new ExtractionException(
          input.name(), "gzip, bzip2, lzma, xz, lz4 or zstd (lzo cannot be read)", "lzo");
    }
  },
  LZ4("02214c18") {
    @Override
    void decompress(ByteRange input, byte[] output) throws IOException {
      Lz4Legacy.decompress(input, output);
    }
  },
  ZSTD("28b52ffd") {
    @Override
    void decompress(ByteRange input, byte[] output) throws IOException {
      long size =
          Zstd.decompressByteArray(
              output,
              0,
              output.length,
              input.backingArray(),
              input.backingOffset(),
              input.length());
      if (Zstd.isError(size)) {
        throw new IOException(Zstd.getErrorName(size));
      }
      requireFull(input, size, output.length);
    }
  };

  /** xz dictionaries of kernels are 32 or 128 MiB; the rest of a decoder is small. */
  private static final int MOST_MEMORY_KIB = 192 << 10;

  /** The first bytes, in hex. */
  private final String magic;

  Codec(String magic) {
    this.magic = magic;
  }

  /** Fills all of {@code output}; more or less data than that is damage. */
  abstract void decompress(ByteRange input, byte[] output) throws IOException;

  /** The codec that a file begins as; empty if it is none of them. */
  static Optional<Codec> startOf(ByteRange file) {
    return Arrays.stream(values())
        .filter(codec -> file.has(0, HexFormat.of().parseHex(codec.magic)))
        .findFirst();
  }

  static Codec of(ByteRange payload) throws ExtractionException {
    Optional<Codec> codec = startOf(payload);
    if (codec.isPresent()) {
      return codec.get();
    }
    byte[] start = Arrays.copyOf(payload.copy(), Math.min(6, payload.length()));
    throw new ExtractionException(
        payload.name(),
        "gzip, bzip2, lzma, xz, lz4 or zstd",
        "first bytes " + HexFormat.of().formatHex(start));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static InputStream stream(ByteRange input) {
    return new ByteArrayInputStream(input.backingArray(), input.backingOffset(), input.length());
  }

  private static void fill(ByteRange input, InputStream from, byte[] output) throws IOException {
    try (from) {
      int read = from.readNBytes(output, 0, output.length);
      requireFull(input, read < output.length || from.read() < 0 ? read : read + 1L, output.length);
    }
  }

  static void requireFull(ByteRange input, long found, int expected) throws ExtractionException {
    if (found != expected) {
      throw new ExtractionException(
          input.name(),
          expected + " bytes after decompression",
          found > expected ? "more" : Long.toString(found));
    }
  }
}
