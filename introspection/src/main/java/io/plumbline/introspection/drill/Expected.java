package io.plumbline.introspection.drill;

import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Severity;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What has to be reported of a guest after a technique was made on it.
 *
 * @param address of the finding; 0 for a register's bit
 * @param symbol that the finding must have
 * @param vcpu that it must have; empty for what all share
 * @param severity that it must have; empty for any
 */
public record Expected(
    FindingType type,
    GuestVirtualAddress address,
    String symbol,
    OptionalInt vcpu,
    Optional<Severity> severity) {
  /** Of any vCPU and severity. */
  public static Expected of(FindingType type, long address, String symbol) {
    return new Expected(
        type, new GuestVirtualAddress(address), symbol, OptionalInt.empty(), Optional.empty());
  }

  /** The same, of one vCPU. */
  public Expected onVcpu(int index) {
    return new Expected(type, address, symbol, OptionalInt.of(index), severity);
  }

  /** The same, no more and no less severe. */
  public Expected withSeverity(Severity only) {
    return new Expected(type, address, symbol, vcpu, Optional.of(only));
  }

  /** Whether a pointer to {@code target} leads to what is told: a page, else an instruction. */
  boolean holds(long target) {
    boolean page =
        switch (type) {
          case UNEXPECTED_KERNEL_CODE_PAGES, DYNAMIC_CODE, UNEXPECTED_PAGE_MAPPING -> true;
          default -> false;
        };
    long distance = target - address.value();
    return address.value() != 0
        && distance >= 0
        && distance < (page ? PageBytes.SIZE : InstructionDecoder.MAXIMUM_LENGTH);
  }

  /** Whether it is this finding. */
  public boolean is(Finding finding) {
    return finding.type() == type
        && finding.address().equals(address)
        && finding.symbol().equals(symbol)
        && (vcpu.isEmpty() || vcpu.getAsInt() == finding.vcpu())
        && severity.map(only -> only == finding.severity()).orElse(true);
  }
}
