package io.plumbline.ingest.guest.layout;

import io.plumbline.introspection.memory.FrameNumber;
import java.util.List;
import java.util.Optional;

/**
 * Where a virtual machine's RAM, one run of bytes in QEMU and in most images, lies in the guest's
 * physical address space. Large guests have a hole below 4 GiB for PCI; what does not fit under it
 * continues at 4 GiB.
 *
 * <p>The split is fixed by the machine type and the amount of RAM (QEMU hw/i386/pc_piix.c {@code
 * pc_init1}, pc_q35.c {@code pc_q35_init}, microvm.c {@code microvm_memory_init}). Not covered: a
 * machine started with {@code max-ram-below-4g}, which no image mentions, pc machine types before
 * 2.0 (3.5 GiB below the hole), and AMD guests of about 1 TiB, whose upper RAM QEMU moves to 1 TiB.
 *
 * @param pieces in the order of the RAM's bytes
 */
public record RamLayout(List<Piece> pieces) {
  private static final long GIB = 1L << 30;
  private static final long FOUR_GIB = 4 * GIB;
  private static final long PC_SPLITS_FROM = 0xe000_0000L;
  private static final long PC_LOW = 3 * GIB;
  private static final long Q35_SPLITS_FROM = 0xb000_0000L;
  private static final long Q35_LOW = 2 * GIB;
  private static final long MICROVM_LOW = 3 * GIB;

  /** The most RAM a guest may claim, 16 TiB; beyond it an image is taken for damaged. */
  public static final long LARGEST_RAM = 1L << 44;

  /** Up to 2 GiB RAM is one run from address 0 on every machine that is known here. */
  public static final long LARGEST_WITHOUT_HOLE = Q35_LOW;

  /**
   * A run of RAM that is consecutive in both worlds.
   *
   * @param guestStart guest physical address of the first byte
   * @param ramStart offset of the first byte in the RAM
   * @param length bytes
   */
  public record Piece(long guestStart, long ramStart, long length) {
    /** The frames that lie in this piece as a whole. */
    public FrameRange frames() {
      return new FrameRange(
          new FrameNumber(guestStart >>> FrameNumber.SHIFT), length >>> FrameNumber.SHIFT);
    }
  }

  public RamLayout {
    pieces = List.copyOf(pieces);
  }

  /** Offset in RAM = guest physical address. */
  public static RamLayout flat(long ramBytes) {
    return new RamLayout(List.of(new Piece(0, 0, ramBytes)));
  }

  /**
   * The layout of a machine type such as {@code pc-i440fx-7.2} or {@code pc-q35-9.0}; empty if this
   * machine's layout is not known and the RAM is so large that it matters (above 2 GiB).
   */
  public static Optional<RamLayout> of(String machineType, long ramBytes) {
    if (machineType.contains("q35")) {
      return Optional.of(splitAt(ramBytes >= Q35_SPLITS_FROM ? Q35_LOW : ramBytes, ramBytes));
    }
    if (machineType.contains("i440fx") || machineType.equals("pc")) {
      return Optional.of(splitAt(ramBytes >= PC_SPLITS_FROM ? PC_LOW : ramBytes, ramBytes));
    }
    if (machineType.startsWith("microvm")) {
      return Optional.of(splitAt(Math.min(MICROVM_LOW, ramBytes), ramBytes));
    }
    return ramBytes <= LARGEST_WITHOUT_HOLE || machineType.equals("isapc")
        ? Optional.of(flat(ramBytes))
        : Optional.empty();
  }

  private static RamLayout splitAt(long below, long ramBytes) {
    return below == ramBytes
        ? flat(ramBytes)
        : new RamLayout(
            List.of(new Piece(0, 0, below), new Piece(FOUR_GIB, below, ramBytes - below)));
  }
}
