package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.reach.GatedExploration;
import io.plumbline.introspection.reach.PointerRule;
import io.plumbline.introspection.verify.NamedCode;
import java.util.List;
import java.util.TreeMap;

/**
 * How the hardware gets to places: where an exploration stopped, tables and variables that it met,
 * pages that pointers lead to.
 */
final class ReachedPlaces {
  private final Lineage lineage;
  private final NamedCode placed;
  private final int vcpu;
  private final PointerRule rule;
  private final Fixpoint fixpoint;
  private final List<Fixpoint.Stray> strays;
  private final TreeMap<Long, GatedExploration.Refusal> refusals = new TreeMap<>();

  /**
   * @param fixpoint everything that was reached
   * @param rule that it went by
   * @param vcpu to name where none is known
   */
  ReachedPlaces(Fixpoint fixpoint, PointerRule rule, Lineage lineage, NamedCode placed, int vcpu) {
    this.lineage = lineage;
    this.placed = placed;
    this.vcpu = vcpu;
    this.rule = rule;
    this.fixpoint = fixpoint;
    this.strays = fixpoint.strays();
    fixpoint.refusals().forEach(refusal -> refusals.put(refusal.address(), refusal));
  }

  /** The vCPU to name where none is known. */
  int anyVcpu() {
    return vcpu;
  }

  /** The way to changed bytes. */
  Way toCode(long address, int length) {
    long end = address + length;
    return refusals.headMap(end, false).descendingMap().values().stream()
        .limit(2)
        .filter(refusal -> refusal.address() + Math.max(1, refusal.length()) > address)
        .findFirst()
        .map(refusal -> way(refusal.function(), address))
        .orElseGet(() -> new Way(vcpu, List.of(placed.nameOf(address))));
  }

  /** The way to an entry of a table. */
  Way toTable(long table, String entry) {
    List<GuestVirtualAddress> users = fixpoint.pathToTable(table);
    if (users.isEmpty()) {
      return new Way(vcpu, List.of(entry));
    }
    long function = users.get(users.size() - 1).value();
    List<String> path = lineage.pathTo(function);
    path.add(entry);
    return new Way(lineage.vcpuOf(function, vcpu), path);
  }

  /** The way to a place in a variable, which {@code name} names. */
  Way toData(long address, String name) {
    long variable = rule.startOf(address);
    List<String> path = lineage.pathTo(variable);
    path.add(name);
    return new Way(lineage.vcpuOf(variable, vcpu), path);
  }

  /**
   * The way to a pointer to foreign code, whose name comes last: an object has none, {@code
   * chain+0x8->+0x10} is the field at 0x10 of what the variable leads to.
   */
  Way toPointer(Fixpoint.Stray stray) {
    List<String> path = lineage.pathTo(stray.object());
    String name = placed.nameOf(stray.slot());
    boolean nameless = name.equals(new GuestVirtualAddress(stray.slot()).toString());
    path.add(
        nameless && !path.isEmpty()
            ? path.get(path.size() - 1) + String.format("->+0x%x", stray.slot() - stray.object())
            : name);
    return new Way(lineage.vcpuOf(stray.object(), vcpu), path);
  }

  /** The way to memory that a pointer leads to, the first that was met; nothing if none does. */
  Way toMemory(long address, long bytes) {
    return strays.stream()
        .filter(stray -> stray.target() - address >= 0 && stray.target() - address < bytes)
        .findFirst()
        .map(this::toPointer)
        .orElseGet(() -> new Way(vcpu, List.of()));
  }

  private Way way(long function, long address) {
    List<String> path = lineage.pathTo(function);
    if (address != function) {
      path.add(placed.nameOf(address));
    }
    return new Way(lineage.vcpuOf(function, vcpu), path);
  }
}
