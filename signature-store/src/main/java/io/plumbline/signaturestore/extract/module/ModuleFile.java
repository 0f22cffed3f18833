package io.plumbline.signaturestore.extract.module;

import com.github.luben.zstd.ZstdInputStream;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.XZInputStream;

/** A module's file, which may be compressed; recognised by its first bytes. */
final class ModuleFile {
  private static final byte[] XZ = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0};
  private static final byte[] ZSTD = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};
  private static final byte[] GZIP = {0x1f, (byte) 0x8b};

  /** Several times the largest module of a distribution. */
  private static final int LARGEST = 64 << 20;

  private static final int MOST_MEMORY_KIB = 96 << 10;

  private ModuleFile() {}

  static ByteRange decompress(ByteRange file) throws ExtractionException {
    if (!file.has(0, XZ) && !file.has(0, ZSTD) && !file.has(0, GZIP)) {
      return file;
    }
    try (InputStream in = open(file)) {
      byte[] module = in.readNBytes(LARGEST + 1);
      if (module.length > LARGEST) {
        throw new ExtractionException(file.name(), "at most " + LARGEST + " bytes", "more");
      }
      return ByteRange.of(file.name(), module);
    } catch (ExtractionException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Codecs report what is wrong with their input in exceptions of every kind.
      throw new ExtractionException(
          file.name(), "a compressed module", "damage: " + e.getClass().getSimpleName(), e);
    }
  }

  private static InputStream open(ByteRange file) throws IOException {
    InputStream in =
        new ByteArrayInputStream(file.backingArray(), file.backingOffset(), file.length());
    if (file.has(0, XZ)) {
      return new XZInputStream(in, MOST_MEMORY_KIB);
    }
    return file.has(0, ZSTD) ? new ZstdInputStream(in) : new GZIPInputStream(in, 1 << 16);
  }
}
