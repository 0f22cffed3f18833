package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.PatchSites.StaticCall;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Calls that are patched to their key's function, and the trampolines of the keys (kernel {@code
 * arch/x86/kernel/static_call.c}, __static_call_transform). The function is the guest's data: it
 * must be a trusted function's beginning.
 */
public final class StaticCalls {
  private static final byte[] RETURN_ZERO = HexFormat.of().parseHex("2e2e2e31c0");
  private static final byte[] WARN_TRAP = HexFormat.of().parseHex("67480fb93a");
  private static final byte[] SPIN_UNLOCK = HexFormat.of().parseHex("3e3ec60700");
  private static final byte TWO_BYTE = 0x0f;

  private record Trampoline(int place, long key) {}

  private final int[] site;
  private final long[] key;
  private final boolean[] tail;
  private final List<Trampoline> trampolines = new ArrayList<>();
  private final SiteIndex index;
  private final SiteIndex trampolineIndex;
  private final long returnZero;

  public StaticCalls(ImageLayout layout) {
    List<StaticCall> calls =
        layout.sites().staticCalls().stream()
            .filter(call -> layout.holdsText(call.site()))
            .toList();
    site = calls.stream().mapToInt(call -> layout.placeOf(call.site())).toArray();
    key = calls.stream().mapToLong(StaticCall::key).toArray();
    tail = new boolean[site.length];
    for (int i = 0; i < site.length; i++) {
      tail[i] = calls.get(i).tail();
    }
    byte[] golden = layout.golden();
    index = SiteIndex.of("static call", site, i -> golden[site[i]] == TWO_BYTE ? 6 : 5);
    findTrampolines(layout);
    trampolineIndex =
        SiteIndex.ofFixed(
            "static call trampoline", trampolines.stream().mapToInt(t -> t.place).toArray(), 5);
    returnZero = layout.names().find("__static_call_return0").orElse(Long.MIN_VALUE + 1);
  }

  private void findTrampolines(ImageLayout layout) {
    ImageSymbols symbols = layout.names().symbols();
    for (int i = 0; i < symbols.size(); i++) {
      String name = symbols.names().get(i);
      long offset = symbols.offsets()[i];
      if (name.startsWith("__SCT__") && layout.holdsText(offset)) {
        layout
            .names()
            .findOwn("__SCK__" + name.substring("__SCT__".length()))
            .ifPresent(at -> trampolines.add(new Trampoline(layout.placeOf(offset), at)));
      }
    }
  }

  SiteIndex index() {
    return index;
  }

  SiteIndex trampolineIndex() {
    return trampolineIndex;
  }

  /**
   * Moves calls to where call-depth tracking may have them. A moved call is none of the emulated
   * ones, which are told by their function's own address.
   *
   * @param functions of each site, as {@link #apply} returned them
   */
  void count(Rewriting text, long[] functions, CallDepth depth) {
    for (int i = 0; i < site.length; i++) {
      int at = site[i];
      boolean call = !tail[i] && text.layout().golden()[at] != TWO_BYTE;
      if (call && functions[i] != Rewriting.NO_FUNCTION) {
        long counted = depth.staticCallTarget(text, at, functions[i]);
        if (counted != functions[i]) {
          text.putBranch(at, Rewriting.CALL, counted);
        }
      }
    }
  }

  /**
   * Rewrites every site and trampoline.
   *
   * @return the function of each site
   */
  public long[] apply(Rewriting text, ReturnMode returns, NopFamily nops) {
    Map<Long, Long> functions = new HashMap<>();
    long[] bySite = new long[site.length];
    for (int i = 0; i < site.length; i++) {
      bySite[i] = function(text, functions, key[i]);
      put(text, i, bySite[i], returns, nops);
    }
    for (Trampoline trampoline : trampolines) {
      put(text, trampoline, function(text, functions, trampoline.key), returns);
    }
    return bySite;
  }

  private static void put(
      Rewriting text, Trampoline trampoline, long function, ReturnMode returns) {
    if (function != Rewriting.NO_FUNCTION) {
      text.putBranch(trampoline.place, Rewriting.JUMP_32, function);
    } else {
      putReturn(text, trampoline.place, returns);
    }
  }

  private static long function(Rewriting text, Map<Long, Long> functions, long key) {
    return functions.computeIfAbsent(key, text::calledFunction);
  }

  /** The key of a site whose bytes in the guest have a say in what it must hold, else -1. */
  long keyOfSite(int call) {
    return tail[call] ? key[call] : -1;
  }

  /** The key of a trampoline. */
  long keyOfTrampoline(int trampoline) {
    return trampolines.get(trampoline).key;
  }

  /** Whether calls depend on a key at an offset. */
  boolean isKey(long offset) {
    return Arrays.stream(key).anyMatch(each -> each == offset)
        || trampolines.stream().anyMatch(each -> each.key == offset);
  }

  /** Rewrites the sites and the trampoline of one key again, each by {@code rewriter}. */
  boolean again(
      Rewriting text,
      long wanted,
      ReturnMode returns,
      NopFamily nops,
      SiteRewriter rewriter,
      SiteRewriter trampolineRewriter) {
    int remarks = text.remarks();
    long function = text.calledFunction(wanted);
    if (text.remarks() != remarks) {
      return false;
    }
    byte[] golden = text.layout().golden();
    boolean done = true;
    for (int i = 0; i < site.length && done; i++) {
      if (key[i] == wanted) {
        int call = i;
        int at = site[i];
        int bytes = golden[at] == TWO_BYTE ? 6 : Rewriting.CALL_BYTES;
        done =
            rewriter.rewrite(
                at,
                at + bytes,
                () -> {
                  // What it must hold depends on what the file has.
                  System.arraycopy(golden, at, text.expected(), at, bytes);
                  put(text, call, function, returns, nops);
                });
      }
    }
    for (Trampoline each : trampolines) {
      if (each.key == wanted && done) {
        int end = each.place + Rewriting.CALL_BYTES;
        done =
            trampolineRewriter.rewrite(each.place, end, () -> put(text, each, function, returns));
      }
    }
    return done;
  }

  private void put(Rewriting text, int call, long function, ReturnMode returns, NopFamily nops) {
    byte[] code = text.expected();
    int at = site[call];
    boolean none = function == Rewriting.NO_FUNCTION;
    if (code[at] == TWO_BYTE) {
      conditional(text, at, function, returns);
    } else if (tail[call]) {
      if (none) {
        putReturn(text, at, returns);
      } else {
        text.putBranch(at, Rewriting.JUMP_32, function);
      }
    } else if (none) {
      nops.putFive(code, at);
    } else if (function == returnZero) {
      System.arraycopy(RETURN_ZERO, 0, code, at, RETURN_ZERO.length);
    } else {
      call(text, at, function);
    }
  }

  private static void call(Rewriting text, int at, long function) {
    ImageNames names = text.layout().names();
    byte[] emulated = new byte[0];
    if (names.isNamed(function, "__WARN_trap")) {
      emulated = WARN_TRAP; // since 6.19
    } else if (names.isNamed(function, "__raw_callee_save___native_queued_spin_unlock")
        || names.isNamed(function, "native_queued_spin_unlock")) {
      emulated = SPIN_UNLOCK; // since 7.3
    }
    if (emulated.length > 0) {
      System.arraycopy(emulated, 0, text.expected(), at, emulated.length);
    } else {
      text.putBranch(at, Rewriting.CALL, function);
    }
  }

  /** A conditional tail call keeps its condition (since 6.3, and in stable kernels). */
  private static void conditional(Rewriting text, int at, long function, ReturnMode returns) {
    if (function != Rewriting.NO_FUNCTION) {
      text.putDistance(at + 2, function);
    } else if (returns.kind() != ReturnMode.Kind.PLAIN) {
      text.putDistance(at + 2, returns.thunk());
    } else {
      text.layout()
          .names()
          .find("__static_call_return")
          .ifPresent(plain -> text.putDistance(at + 2, plain));
    }
  }

  /**
   * A tail call to nothing. Static calls are set up before the return thunk is chosen, so that RET
   * is legal there whatever the mode, as long as nobody changed the key since.
   */
  private static void putReturn(Rewriting text, int at, ReturnMode returns) {
    if (text.guest()[at] == Rewriting.RETURN || !returns.jumpsAt(text.layout().offsetOf(at))) {
      Returns.putPlain(text.expected(), at);
    } else {
      text.putBranch(at, Rewriting.JUMP_32, returns.thunk());
    }
  }
}
