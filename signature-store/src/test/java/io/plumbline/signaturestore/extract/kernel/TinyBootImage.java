package io.plumbline.signaturestore.extract.kernel;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import net.jpountz.lz4.LZ4Factory;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.tukaani.xz.FilterOptions;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.X86Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

/** Wraps a kernel as a bzImage does. */
final class TinyBootImage {
  private static final int SETUP_SECTORS = 2;
  private static final int PAYLOAD = 0x40;
  private static final int LZ4_BLOCK = 8 << 20;

  /** As the kernel's build compresses. */
  enum Codec {
    GZIP,
    BZIP2,
    LZMA,
    XZ,
    LZ4,
    ZSTD
  }

  private TinyBootImage() {}

  static byte[] of(Codec codec, byte[] kernel) throws IOException {
    LittleEndian payload = new LittleEndian().bytes(compress(codec, kernel));
    // gzip's own last four bytes say the same.
    return wrap(codec == Codec.GZIP ? payload : payload.u32(kernel.length));
  }

  /** A bzImage with that payload. */
  static byte[] wrap(LittleEndian payload) {
    byte[] bytes = payload.toBytes();
    LittleEndian file = new LittleEndian().padTo(0x1f1).u8(SETUP_SECTORS);
    file.padTo(0x1fe).u16(0xaa55).padTo(0x202);
    file.bytes("HdrS".getBytes(StandardCharsets.US_ASCII)).u16(0x20f);
    file.padTo(0x248).u32(PAYLOAD).u32(bytes.length);
    return file.padTo(512 * (1 + SETUP_SECTORS) + PAYLOAD).bytes(bytes).padTo(0x1000).toBytes();
  }

  private static byte[] compress(Codec codec, byte[] kernel) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    switch (codec) {
      case GZIP -> write(new GZIPOutputStream(out), kernel);
      case BZIP2 -> write(new BZip2CompressorOutputStream(out), kernel);
      case LZMA -> write(new LZMAOutputStream(out, new LZMA2Options(1), -1), kernel);
      case XZ -> {
        FilterOptions[] filters = {new X86Options(), new LZMA2Options(1)};
        write(new XZOutputStream(out, filters, XZ.CHECK_CRC32), kernel);
      }
      case LZ4 -> out.writeBytes(lz4(kernel));
      case ZSTD -> out.writeBytes(Zstd.compress(kernel));
    }
    return out.toByteArray();
  }

  private static void write(OutputStream compressing, byte[] kernel) throws IOException {
    try (compressing) {
      compressing.write(kernel);
    }
  }

  private static byte[] lz4(byte[] kernel) {
    LittleEndian out = new LittleEndian().u32(0x184c2102);
    for (int at = 0; at < kernel.length; at += LZ4_BLOCK) {
      byte[] block = Arrays.copyOfRange(kernel, at, Math.min(kernel.length, at + LZ4_BLOCK));
      byte[] compressed = LZ4Factory.safeInstance().fastCompressor().compress(block);
      out.u32(compressed.length).bytes(compressed);
    }
    return out.toBytes();
  }
}
