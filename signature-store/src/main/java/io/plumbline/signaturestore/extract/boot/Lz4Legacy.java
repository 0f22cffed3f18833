package io.plumbline.signaturestore.extract.boot;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * LZ4's legacy frame, which {@code lz4 -l} writes for kernels: a magic number, then blocks of up to
 * 8 MiB after decompression, each behind its compressed size (lz4 {@code doc/lz4_Frame_format.md},
 * "Legacy frame").
 */
final class Lz4Legacy {
  private static final int MAGIC = 0x184c2102;
  private static final int LARGEST_BLOCK = 8 << 20;

  private Lz4Legacy() {}

  static void decompress(ByteRange input, byte[] output) throws ExtractionException {
    // The input is hostile: of the library's decoders the one that checks every access.
    LZ4SafeDecompressor block = LZ4Factory.safeInstance().safeDecompressor();
    int at = Integer.BYTES;
    int written = 0;
    while (at < input.length()) {
      long size = input.u32(at);
      at += Integer.BYTES;
      if (size == MAGIC) {
        continue;
      }
      ByteRange compressed = input.slice("block", at, size);
      written +=
          block.decompress(
              compressed.backingArray(),
              compressed.backingOffset(),
              compressed.length(),
              output,
              written,
              Math.min(LARGEST_BLOCK, output.length - written));
      at += (int) size;
    }
    Codec.requireFull(input, written, output.length);
  }
}
