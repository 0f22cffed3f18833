package io.plumbline.signaturestore.extract.boot;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.io.IOException;

/**
 * A compressed kernel. Its last four bytes are the size after decompression: gzip writes them
 * itself, for the other codecs the kernel's build appends them (kernel {@code
 * scripts/Makefile.lib}, {@code size_append}).
 */
final class Payload {
  /** More than any kernel is; what a hostile file may make us allocate. */
  static final int LARGEST_KERNEL = 256 << 20;

  private static final int SIZE_BYTES = Integer.BYTES;

  private Payload() {}

  static byte[] decompress(ByteRange payload) throws ExtractionException {
    Codec codec = Codec.of(payload);
    int compressed = payload.length() - SIZE_BYTES;
    long size = payload.u32(compressed);
    if (size == 0 || size > LARGEST_KERNEL) {
      throw new ExtractionException(
          payload.name() + ": size after decompression",
          "1 to " + LARGEST_KERNEL + " bytes",
          Long.toString(size));
    }
    ByteRange input =
        codec == Codec.GZIP ? payload : payload.slice(codec.toString(), 0, compressed);
    byte[] kernel = new byte[(int) size];
    try {
      codec.decompress(input, kernel);
    } catch (ExtractionException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Codecs report what is wrong with their input in exceptions of every kind.
      throw damaged(payload, codec + " data of " + size + " bytes", e);
    }
    return kernel;
  }

  static ExtractionException damaged(ByteRange file, String expected, Exception e) {
    return new ExtractionException(file.name(), expected, "damaged data: " + oneLine(e), e);
  }

  private static String oneLine(Exception e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse("no reason");
  }
}
