package io.plumbline.introspection.trust;

import io.plumbline.introspection.reach.GatedExploration;
import io.plumbline.introspection.reach.TableUse;
import io.plumbline.introspection.verify.NamedCode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** How the hardware gets to places where an exploration stopped, and to tables that it met. */
final class ReachedPlaces {
  private final Lineage lineage;
  private final NamedCode placed;
  private final int vcpu;
  private final TreeMap<Long, GatedExploration.Refusal> refusals = new TreeMap<>();
  private final Map<Long, TableUse> tables = new HashMap<>();

  /**
   * @param vcpu to name where none is known
   */
  ReachedPlaces(GatedExploration explored, Lineage lineage, NamedCode placed, int vcpu) {
    this.lineage = lineage;
    this.placed = placed;
    this.vcpu = vcpu;
    explored.refusals().forEach(refusal -> refusals.put(refusal.address(), refusal));
    explored.tables().forEach(use -> tables.put(use.table().value(), use));
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
    return Optional.ofNullable(tables.get(table))
        .map(
            use -> {
              long function = use.function().value();
              List<String> path = lineage.pathTo(function);
              path.add(entry);
              return new Way(lineage.vcpuOf(function, vcpu), path);
            })
        .orElseGet(() -> new Way(vcpu, List.of(entry)));
  }

  private Way way(long function, long address) {
    List<String> path = lineage.pathTo(function);
    if (address != function) {
      path.add(placed.nameOf(address));
    }
    return new Way(lineage.vcpuOf(function, vcpu), path);
  }
}
