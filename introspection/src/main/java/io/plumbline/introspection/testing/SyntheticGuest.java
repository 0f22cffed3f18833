package io.plumbline.introspection.testing;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import java.util.List;
import java.util.Optional;

/**
 * A tiny guest: pages, one vCPU, and the answer key.
 *
 * <pre>{@code
 * SyntheticGuest guest = SyntheticGuest.longMode()
 *     .code(0xffffffff81000000L, 0xc3)
 *     .idtGate(0, 0xffffffff81000000L)
 *     .lstar(0xffffffff81000000L)
 *     .build();
 * }</pre>
 *
 * @param pages its physical memory
 * @param vcpu its registers
 * @param mapped what was mapped where; where mappings overlap, the last one counts
 */
public record SyntheticGuest(PageSource pages, VcpuState vcpu, List<MappedPage> mapped) {
  public SyntheticGuest {
    mapped = List.copyOf(mapped);
  }

  /** A 64-bit guest with four-level paging. */
  public static SyntheticGuestBuilder longMode() {
    return new SyntheticGuestBuilder(TableFormat.FOUR_LEVEL);
  }

  /** A 64-bit guest with five-level paging. */
  public static SyntheticGuestBuilder fiveLevel() {
    return new SyntheticGuestBuilder(TableFormat.FIVE_LEVEL);
  }

  /** A 32-bit guest with PAE paging. */
  public static SyntheticGuestBuilder pae() {
    return new SyntheticGuestBuilder(TableFormat.PAE);
  }

  /** A 32-bit guest with plain 32-bit paging and 4 MiB pages. */
  public static SyntheticGuestBuilder bits32() {
    return new SyntheticGuestBuilder(TableFormat.BITS_32);
  }

  /** A 32-bit protected-mode guest without paging. */
  public static SyntheticGuestBuilder unpaged() {
    return new SyntheticGuestBuilder(TableFormat.UNPAGED);
  }

  /** What the vCPU sees. */
  public AddressSpace addressSpace() {
    return AddressSpace.of(vcpu, pages);
  }

  /** The answer key's line for an address; empty if nothing is mapped there. */
  public Optional<MappedPage> mappedAt(long va) {
    return mapped.stream().filter(page -> page.covers(va)).reduce((earlier, later) -> later);
  }
}
