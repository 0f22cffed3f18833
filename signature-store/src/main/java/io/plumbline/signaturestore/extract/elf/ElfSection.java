package io.plumbline.signaturestore.extract.elf;

/**
 * One row of an ELF file's section table (System V ABI, "Sections").
 *
 * @param type {@code sh_type}
 * @param flags {@code sh_flags}
 * @param address linear address at which it is linked; 0 if it is not loaded
 * @param offset bytes from the file's start
 * @param size bytes in memory; of {@link #NOBITS} none are in the file
 * @param link index of another section, by type
 * @param linked {@code sh_info}: of relocations, the section that they change
 * @param alignment of its address; 0 and 1 mean none
 */
public record ElfSection(
    String name,
    int type,
    long flags,
    long address,
    long offset,
    long size,
    int link,
    int linked,
    long alignment) {
  /** A symbol table. */
  public static final int SYMTAB = 2;

  /** Relocations with addends. */
  public static final int RELA = 4;

  /** Notes. */
  public static final int NOTE = 7;

  /** Zeros that take no place in the file. */
  public static final int NOBITS = 8;

  private static final long WRITE = 1;
  private static final long ALLOC = 2;
  private static final long EXECUTE = 4;

  /** Whether it takes memory at run time. */
  public boolean loaded() {
    return (flags & ALLOC) != 0;
  }

  /** Whether its bytes are in the file. */
  public boolean inFile() {
    return type != NOBITS;
  }

  public boolean writable() {
    return (flags & WRITE) != 0;
  }

  public boolean executable() {
    return (flags & EXECUTE) != 0;
  }
}
