package io.plumbline.introspection.golden.image;

/**
 * One part of a module, from the start of a page.
 *
 * @param offset its place in the module's image
 * @param length bytes that sections take; the rest of the last page is zero
 * @param bytes as in the file, not relocated, {@code length} of them; none of parts that are not
 *     {@linkplain ModuleMemory#verifiable verifiable}, save that what is freed when the module is
 *     initialised has those of its code, which lies at the beginning
 */
public record ModulePart(ModuleMemory memory, int offset, int length, byte[] bytes) {
  /** Whether the byte at {@code place} is in it. */
  public boolean holds(int place) {
    return place >= offset && place < offset + length;
  }
}
