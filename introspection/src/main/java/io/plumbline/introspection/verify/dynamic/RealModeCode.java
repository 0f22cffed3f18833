package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * The real-mode code that starts other processors: the image's blob, moved to where it lies in
 * physical memory (kernel {@code arch/x86/realmode/init.c}, setup_real_mode).
 */
public final class RealModeCode {
  private static final int MOST_BYTES = 1 << 20;
  private static final int PARAGRAPH_SHIFT = 4;

  private final byte[] blob;
  private final int textStart;
  private final int[] segments;
  private final int[] linear;

  private RealModeCode(byte[] blob, int[] segments, int[] linear) {
    this.blob = blob;
    this.textStart = blob.length < Integer.BYTES ? 0 : Bytes.intAt(blob, 0);
    this.segments = segments;
    this.linear = linear;
  }

  /** The image's; with no bytes if it has none or its tables make no sense. */
  public static RealModeCode of(ImageLayout layout) {
    RealModeCode none = new RealModeCode(new byte[0], new int[0], new int[0]);
    OptionalLong start = layout.names().find("real_mode_blob");
    OptionalLong end = layout.names().find("real_mode_blob_end");
    OptionalLong table = layout.names().find("real_mode_relocs");
    if (start.isEmpty() || end.isEmpty() || table.isEmpty()) {
      return none;
    }
    long bytes = end.getAsLong() - start.getAsLong();
    byte[] blob = layout.imageBytes(start.getAsLong(), bytes > 0 && bytes < MOST_BYTES ? bytes : 0);
    if (blob.length == 0) {
      return none;
    }
    int[] segments = counted(layout, table.getAsLong(), blob.length);
    int[] linear =
        counted(layout, table.getAsLong() + (1L + segments.length) * Integer.BYTES, blob.length);
    return new RealModeCode(blob, segments, linear);
  }

  private static int[] counted(ImageLayout layout, long at, int limit) {
    byte[] head = layout.imageBytes(at, Integer.BYTES);
    int count = head.length == 0 ? 0 : Bytes.intAt(head, 0);
    byte[] body = layout.imageBytes(at + Integer.BYTES, (long) count * Integer.BYTES);
    if (count < 0 || count > limit || body.length < count * Integer.BYTES) {
      return new int[0];
    }
    int[] offsets = new int[count];
    for (int i = 0; i < count; i++) {
      offsets[i] = Bytes.intAt(body, i * Integer.BYTES);
    }
    return Arrays.stream(offsets).filter(o -> o >= 0 && o <= limit - Integer.BYTES).toArray();
  }

  /**
   * Whether the blob's text may lie somewhere.
   *
   * @param bytes of the code there
   * @param frame of its first page
   */
  public boolean mayLieIn(long bytes, long frame) {
    int from = textStart;
    return blob.length > 0
        && from >= 0
        && (from & PageBytes.SIZE - 1) == 0
        && from + bytes <= blob.length + PageBytes.SIZE
        && frame * PageBytes.SIZE - from >= 0
        && frame * PageBytes.SIZE - from < MOST_BYTES;
  }

  /**
   * Whether {@code code} is the blob's text.
   *
   * @param frame of its first page
   */
  public boolean explains(byte[] code, long frame) {
    if (!mayLieIn(code.length, frame)) {
      return false;
    }
    int from = textStart;
    long base = frame * PageBytes.SIZE - from;
    byte[] moved = Arrays.copyOf(blob, blob.length + PageBytes.SIZE);
    for (int at : segments) {
      moved[at] = (byte) (base >> PARAGRAPH_SHIFT);
      moved[at + 1] = (byte) (base >> (PARAGRAPH_SHIFT + Byte.SIZE));
    }
    for (int at : linear) {
      Bytes.putInt(moved, at, Bytes.intAt(moved, at) + (int) base);
    }
    return Arrays.equals(moved, from, from + code.length, code, 0, code.length);
  }
}
