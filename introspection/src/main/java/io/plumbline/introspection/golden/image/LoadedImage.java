package io.plumbline.introspection.golden.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An image as the boot loader leaves it at a slide, before the kernel has run: relocated, not
 * patched (kernel {@code arch/x86/boot/compressed/misc.c}, {@code handle_relocations}).
 */
public final class LoadedImage {
  private final byte[] bytes;

  private LoadedImage(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Loads the image.
   *
   * @param slide bytes between where the image is linked and where it lies
   */
  public static LoadedImage at(KernelImage image, long slide) {
    int end = image.sections().stream().mapToInt(ImageSection::end).max().orElse(0);
    byte[] bytes = new byte[end];
    for (ImageSection section : image.sections()) {
      System.arraycopy(section.bytes(), 0, bytes, section.offset(), section.bytes().length);
    }
    ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int low = (int) slide;
    for (int at : image.relocations().absolute32()) {
      if (at + Integer.BYTES <= end) {
        fields.putInt(at, fields.getInt(at) + low);
      }
    }
    for (int at : image.relocations().inverse32()) {
      if (at + Integer.BYTES <= end) {
        fields.putInt(at, fields.getInt(at) - low);
      }
    }
    for (int at : image.relocations().absolute64()) {
      if (at + Long.BYTES <= end) {
        fields.putLong(at, fields.getLong(at) + slide);
      }
    }
    return new LoadedImage(bytes);
  }

  /** Its bytes from the image's base on, zeros between sections. The caller may have them. */
  public byte[] bytes() {
    return bytes;
  }
}
