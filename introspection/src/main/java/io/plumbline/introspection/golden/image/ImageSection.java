package io.plumbline.introspection.golden.image;

/**
 * A loaded section.
 *
 * @param name as the linker called it, such as {@code .text}
 * @param offset bytes from the image's base to its first byte
 * @param bytes its content at slide 0
 * @param executable whether it holds code
 * @param writable whether the kernel may change it after boot
 */
public record ImageSection(
    String name, int offset, byte[] bytes, boolean executable, boolean writable) {
  /** Bytes from the base to the first byte after it. */
  public int end() {
    return offset + bytes.length;
  }

  /** Whether the byte at {@code place} from the base is in it. */
  public boolean holds(int place) {
    return place >= offset && place < end();
  }
}
