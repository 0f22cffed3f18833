package io.plumbline.signaturestore.extract.elf;

/**
 * One loaded part of an ELF file (System V ABI, "Program Header").
 *
 * @param offset bytes from the file's start
 * @param address linear address of its first byte
 * @param fileSize bytes in the file
 */
public record ElfSegment(long offset, long address, long fileSize) {
  /** Whether {@code bytes} at {@code place} come from the file. */
  boolean holds(long place, long bytes) {
    return place >= address && place - address <= fileSize && bytes <= fileSize - (place - address);
  }
}
