package io.plumbline.signaturestore.extract.boot;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.nio.charset.StandardCharsets;

/**
 * A bzImage: setup sectors, then the protected-mode kernel, in which the compressed kernel proper
 * lies (kernel {@code Documentation/arch/x86/boot.rst}, "The Real-Mode Kernel Header").
 */
public final class BootImage {
  private static final byte[] HEADER_MAGIC = "HdrS".getBytes(StandardCharsets.US_ASCII);
  private static final int SETUP_SECTORS = 0x1f1;
  private static final int BOOT_FLAG = 0x1fe;
  private static final int BOOT_FLAG_VALUE = 0xaa55;
  private static final int MAGIC = 0x202;
  private static final int PROTOCOL = 0x206;
  private static final int PAYLOAD_OFFSET = 0x248;
  private static final int PAYLOAD_LENGTH = 0x24c;

  /** payload_offset and payload_length exist since boot protocol 2.08. */
  private static final int FIRST_PROTOCOL_WITH_PAYLOAD = 0x208;

  private static final int SECTOR = 512;
  private static final int SETUP_SECTORS_IF_ZERO = 4;

  private BootImage() {}

  /** Whether the file begins as a bzImage does. */
  public static boolean recognises(ByteRange file) throws ExtractionException {
    return file.has(MAGIC, HEADER_MAGIC) && file.u16(BOOT_FLAG) == BOOT_FLAG_VALUE;
  }

  /** The compressed kernel, decompressed. */
  public static ByteRange kernel(ByteRange file) throws ExtractionException {
    int protocol = file.u16(PROTOCOL);
    if (protocol < FIRST_PROTOCOL_WITH_PAYLOAD) {
      throw new ExtractionException(
          file.name() + ": boot protocol", "2.08 or newer", String.format("0x%x", protocol));
    }
    int sectors = file.u8(SETUP_SECTORS);
    long start = (long) SECTOR * (1 + (sectors == 0 ? SETUP_SECTORS_IF_ZERO : sectors));
    ByteRange payload =
        file.slice("payload", start + file.u32(PAYLOAD_OFFSET), file.u32(PAYLOAD_LENGTH));
    return ByteRange.of(file.name() + ": kernel", Payload.decompress(payload));
  }
}
