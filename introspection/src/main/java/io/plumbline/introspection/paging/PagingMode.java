package io.plumbline.introspection.paging;

import static io.plumbline.introspection.paging.TableLevel.Pages.ALWAYS;
import static io.plumbline.introspection.paging.TableLevel.Pages.NEVER;
import static io.plumbline.introspection.paging.TableLevel.Pages.WHERE_PS;

import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.VcpuState;
import java.util.List;

/**
 * The paging modes of x86 as data (Intel SDM volume 3A, section 4.1.1). Physical addresses are
 * taken to have 52 bits, because a guest's MAXPHYADDR is in no image format: bits above the real
 * one are then not told as reserved but name a frame that no guest has, which reads as unreadable.
 */
public enum PagingMode {
  /** CR0.PG is clear: a linear address is the physical address. */
  UNPAGED(32, false, 0, List.of()),

  /**
   * Section 4.3, tables 4-4 to 4-6. A PDE that maps 4 MiB has physical address bits 39:32 in its
   * bits 20:13 (PSE-36, which every processor since the Pentium III has) and bit 21 reserved.
   */
  BITS_32(
      32,
      false,
      0xffff_f000L,
      List.of(
          new TableLevel(
              2, 22, 10, 4, WHERE_PS, true, 0xffff_f000L, 0, 0xffc0_0000L, 1 << 21, 0x1f_e000L),
          new TableLevel(1, 12, 10, 4, ALWAYS, true, 0, 0, 0xffff_f000L, 0, 0))),

  /**
   * Section 4.4, tables 4-7 to 4-11. CR3 names a table of four PDPTEs that is aligned to 32 bytes
   * only; a PDPTE carries no rights and has bits 2:1, 8:5 and 63:52 reserved. The processor loads
   * PDPTEs when CR3 is written; here they are read from memory. Of the reserved bits 5 is let pass:
   * emulated processors set it as an accessed bit and walk on over it (seen in guests; target/i386/
   * tcg/sysemu/excp_helper.c, {@code mmu_translate}).
   */
  PAE(
      32,
      false,
      0xffff_ffe0L,
      List.of(
          new TableLevel(3, 30, 2, 8, NEVER, false, Bits.ADDRESS, 0xfff0_0000_0000_01c6L, 0, 0, 0),
          new TableLevel(
              2,
              21,
              9,
              8,
              WHERE_PS,
              true,
              Bits.ADDRESS,
              Bits.PAE_RESERVED,
              Bits.ADDRESS & -1L << 21,
              Bits.PAE_RESERVED | 0x1f_e000L,
              0),
          new TableLevel(1, 12, 9, 8, ALWAYS, true, 0, 0, Bits.ADDRESS, Bits.PAE_RESERVED, 0))),

  /** Section 4.5, tables 4-15 to 4-20; PS is reserved in a PML4E. */
  FOUR_LEVEL(48, true, Bits.ADDRESS, List.of(Bits.PML4, Bits.PDPT, Bits.PD, Bits.PT)),

  /** Section 4.5 with CR4.LA57; PS is reserved in a PML5E (table 4-14). */
  FIVE_LEVEL(57, true, Bits.ADDRESS, List.of(Bits.PML5, Bits.PML4, Bits.PDPT, Bits.PD, Bits.PT));

  /** What several modes share. */
  private static final class Bits {
    /** Physical address bits 51:12. */
    static final long ADDRESS = 0x000f_ffff_ffff_f000L;

    /** PAE reserves 62:52, which the 64-bit modes ignore (table 4-11 against table 4-20). */
    static final long PAE_RESERVED = 0x7ff0_0000_0000_0000L;

    static final long PS = 1 << 7;

    static final TableLevel PML5 = new TableLevel(5, 48, 9, 8, NEVER, true, ADDRESS, PS, 0, 0, 0);
    static final TableLevel PML4 = new TableLevel(4, 39, 9, 8, NEVER, true, ADDRESS, PS, 0, 0, 0);
    static final TableLevel PDPT =
        new TableLevel(
            3, 30, 9, 8, WHERE_PS, true, ADDRESS, 0, ADDRESS & -1L << 30, 0x3fff_e000L, 0);
    static final TableLevel PD =
        new TableLevel(2, 21, 9, 8, WHERE_PS, true, ADDRESS, 0, ADDRESS & -1L << 21, 0x1f_e000L, 0);
    static final TableLevel PT = new TableLevel(1, 12, 9, 8, ALWAYS, true, 0, 0, ADDRESS, 0, 0);

    private Bits() {}
  }

  private final int addressBits;
  private final boolean signExtended;
  private final long rootAddress;

  @SuppressWarnings("ImmutableEnumChecker") // every constant passes List.of
  private final List<TableLevel> levels;

  PagingMode(int addressBits, boolean signExtended, long rootAddress, List<TableLevel> levels) {
    this.addressBits = addressBits;
    this.signExtended = signExtended;
    this.rootAddress = rootAddress;
    this.levels = levels;
  }

  /** The mode that this vCPU's CR0, CR4 and EFER choose (section 4.1.1, figure 4-1). */
  public static PagingMode of(VcpuState vcpu) {
    ControlRegisters control = vcpu.control();
    if (!control.paging()) {
      return UNPAGED;
    }
    if (vcpu.longMode()) {
      return control.fiveLevelPaging() ? FIVE_LEVEL : FOUR_LEVEL;
    }
    return control.physicalAddressExtension() ? PAE : BITS_32;
  }

  /** The levels from the one that CR3 names down to level 1, with every extension switched on. */
  public List<TableLevel> levels() {
    return levels;
  }

  /** Bits of a linear address that are translated: 32, 48 or 57. */
  public int addressBits() {
    return addressBits;
  }

  /** Physical address of the top table in {@code cr3}. */
  public long root(long cr3) {
    return cr3 & rootAddress;
  }

  /** The address that code uses, by its translated bits; all others are of no matter. */
  long canonical(long low) {
    int unused = Long.SIZE - addressBits;
    return signExtended ? low << unused >> unused : low << unused >>> unused;
  }

  /** Whether this mode has the linear address: canonical, or below 4 GiB in 32-bit modes. */
  public boolean has(long va) {
    return canonical(va) == va;
  }

  /** The levels as these control bits make them. */
  List<TableLevel> levels(boolean pageSizeExtensions, boolean noExecute) {
    return levels.stream()
        .map(level -> this == BITS_32 && !pageSizeExtensions ? level.withoutLargePages() : level)
        .map(level -> noExecute ? level : level.withoutNoExecute())
        .toList();
  }
}
