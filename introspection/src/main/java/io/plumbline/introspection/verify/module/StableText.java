package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import io.plumbline.introspection.golden.image.ModuleRelocations.Kind;
import io.plumbline.introspection.golden.image.PatchSites;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Which bytes of a module's code are the same in every guest: those that are neither linked nor
 * patched, nor padding that may be.
 */
final class StableText {
  private static final byte NOP = (byte) 0x90;
  private static final int CALL = 5;

  /** A run of NOPs this long may hold a call-counting thunk (CONFIG_CALL_PADDING). */
  private static final int PADDING = 8;

  private static final int LONGEST_THUNK_BRANCH = 6;

  private StableText() {}

  /** The module's code as in its file; empty if it has none. */
  static byte[] of(ModuleImage module) {
    return module.part(ModuleMemory.TEXT).map(ModulePart::bytes).orElse(new byte[0]);
  }

  /** Bytes of {@link #of} that patching may change. */
  static BitSet patched(ModuleImage module) {
    BitSet changing = new BitSet();
    int end = of(module).length;
    PatchSites sites = module.sites();
    sites.alternatives().forEach(each -> mark(changing, each.site(), each.siteLength(), end));
    mark(changing, sites.smpLocks(), 1, end);
    sites.paravirt().forEach(each -> mark(changing, each.site(), each.length(), end));
    mark(changing, sites.retpolines(), LONGEST_THUNK_BRANCH, end);
    mark(changing, sites.returns(), CALL, end);
    mark(changing, sites.callDepthCalls(), CALL, end);
    mark(changing, sites.branchTargetSeals(), Integer.BYTES, end);
    sites.runtimeConstants().forEach(each -> mark(changing, each.site(), each.bytes(), end));
    sites.jumpLabels().forEach(each -> mark(changing, each.code(), CALL, end));
    sites.staticCalls().forEach(each -> mark(changing, each.site(), 1 + CALL, end));
    mark(changing, sites.functionTraces(), CALL, end);
    padding(changing, of(module));
    trampolines(changing, module, end);
    return changing;
  }

  /** Bytes of {@link #of} that linking or patching may change. */
  static BitSet changing(ModuleImage module) {
    BitSet changing = patched(module);
    ModuleRelocations relocations = module.relocations();
    int end = of(module).length;
    for (int i = 0; i < relocations.size() && relocations.places()[i] < end; i++) {
      int size = Kind.of(relocations.kinds()[i]).map(Kind::size).orElse(Long.BYTES);
      mark(changing, relocations.places()[i], size, end);
    }
    return changing;
  }

  private static void trampolines(BitSet changing, ModuleImage module, int end) {
    for (int i = 0; i < module.symbols().size(); i++) {
      if (module.symbols().names().get(i).startsWith("__SCT__")) {
        mark(changing, (int) module.symbols().offsets()[i], CALL, end);
      }
    }
  }

  private static void padding(BitSet changing, byte[] text) {
    int from = 0;
    for (int at = 0; at <= text.length; at++) {
      if (at == text.length || text[at] != NOP) {
        if (at - from >= PADDING) {
          changing.set(from, at);
        }
        from = at + 1;
      }
    }
  }

  private static void mark(BitSet changing, int[] sites, int length, int end) {
    Arrays.stream(sites).forEach(site -> mark(changing, site, length, end));
  }

  private static void mark(BitSet changing, int site, int length, int end) {
    if (site >= 0 && site < end) {
      changing.set(site, Math.min(site + length, end));
    }
  }
}
