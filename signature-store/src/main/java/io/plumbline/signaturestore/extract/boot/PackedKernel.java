package io.plumbline.signaturestore.extract.boot;

import com.github.luben.zstd.ZstdInputStream;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * A kernel's ELF file in a compressed file of its own, {@code vmlinux.xz} for example, as
 * distributions ship it beside the bzImage. Unlike a bzImage's payload it does not say how large it
 * is.
 */
public final class PackedKernel {
  /** Much memory for xz's dictionary is a hostile file's way to exhaust ours. */
  private static final int MOST_DICTIONARY_KIB = 192 << 10;

  private PackedKernel() {}

  /** Whether the file begins as one that {@link #kernel} can read. */
  public static boolean recognises(ByteRange file) {
    return codec(file).isPresent();
  }

  /** The decompressed file. */
  public static ByteRange kernel(ByteRange file) throws ExtractionException {
    Codec codec = codec(file).orElseThrow();
    try (InputStream content = open(codec, file)) {
      byte[] kernel = content.readNBytes(Payload.LARGEST_KERNEL + 1);
      if (kernel.length > Payload.LARGEST_KERNEL) {
        throw new ExtractionException(
            file.name() + ": size after decompression",
            "at most " + Payload.LARGEST_KERNEL + " bytes",
            "more");
      }
      return ByteRange.of(file.name() + ": kernel", kernel);
    } catch (ExtractionException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw Payload.damaged(file, codec + " data", e);
    }
  }

  private static Optional<Codec> codec(ByteRange file) {
    return Codec.startOf(file)
        .filter(codec -> codec == Codec.GZIP || codec == Codec.XZ || codec == Codec.ZSTD);
  }

  private static InputStream open(Codec codec, ByteRange file) throws IOException {
    InputStream raw =
        new ByteArrayInputStream(file.backingArray(), file.backingOffset(), file.length());
    return switch (codec) {
      case GZIP -> new GZIPInputStream(raw, 1 << 16);
      case XZ -> new XZInputStream(raw, MOST_DICTIONARY_KIB);
      case ZSTD -> new ZstdInputStream(raw);
      default -> throw new IllegalStateException("no stream of " + codec);
    };
  }
}
