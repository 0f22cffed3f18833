package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/** Where one guest has what its kernel and its modules export, and its kernel's other symbols. */
final class ExportedSymbols {
  /** Addresses of the kernel's half move with it (__START_KERNEL_map). */
  private static final long LOWEST_THAT_MOVES = 0xffffffff80000000L;

  private final ImageLayout kernel;
  private final Map<String, Long> kernelExports;
  private final long slide;
  private final Map<String, Long> ofModules = new HashMap<>();

  /**
   * Those of a kernel.
   *
   * @param slide of the kernel in the guest
   */
  ExportedSymbols(ModuleIndex index, long slide) {
    this.kernel = index.kernel();
    this.kernelExports = index.kernelExports();
    this.slide = slide;
  }

  /** Adds what a module exports; of several that export a name the first one counts. */
  void add(String name, long address) {
    ofModules.putIfAbsent(name, address);
  }

  /** The address of what is exported; no module takes the place of what the kernel exports. */
  OptionalLong addressOf(String name) {
    Long offset = kernelExports.get(name);
    if (offset != null) {
      return OptionalLong.of(moved(offset));
    }
    Long address = ofModules.get(name);
    return address == null ? OptionalLong.empty() : OptionalLong.of(address);
  }

  /** The address of a kernel's symbol, exported or not. */
  OptionalLong kernelSymbol(String name) {
    OptionalLong offset = kernel.names().find(name);
    return offset.isEmpty() ? offset : OptionalLong.of(moved(offset.getAsLong()));
  }

  /** Per-CPU variables linked at 0 do not move. */
  private long moved(long offset) {
    long linked = kernel.base() + offset;
    return Long.compareUnsigned(linked, LOWEST_THAT_MOVES) < 0 ? linked : linked + slide;
  }
}
