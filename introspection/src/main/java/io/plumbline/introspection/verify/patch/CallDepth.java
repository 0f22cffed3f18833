package io.plumbline.introspection.verify.patch;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Call-depth tracking: calls are moved back into the padding before their function, into which a
 * thunk that counts is written (kernel {@code arch/x86/kernel/callthunks.c}, since 6.2). All or
 * nothing; a boot does it exactly if it makes indirect branches through the counting thunks.
 */
public final class CallDepth {
  /** Functions that count themselves, or must not be counted (skip_addr). */
  private static final List<String> SKIPPED =
      List.of(
          "error_entry",
          "paranoid_entry",
          "xen_error_entry",
          "__switch_to_asm",
          "ret_from_fork",
          "ret_from_fork_asm",
          "soft_restart_cpu",
          "__fentry__");

  private static final String KEXEC = "relocate_kernel";

  /** KEXEC_CONTROL_CODE_MAX_SIZE. */
  private static final int KEXEC_BYTES = 2048;

  private static final byte NOP = (byte) 0x90;

  private final int[] sites;
  private final int[] alternativeSites;
  private final SiteIndex index;
  private final SiteIndex padding;
  private final int template;
  private final int templateBytes;
  private final Set<Long> skipped = new HashSet<>();
  private final long kexec;

  public CallDepth(ImageLayout layout, Alternatives alternatives) {
    sites = layout.codePlaces(layout.sites().callDepthCalls());
    alternativeSites = sites.length == 0 ? new int[0] : alternatives.sites();
    index = SiteIndex.ofFixed("counted call", sites, Rewriting.CALL_BYTES);
    ImageNames names = layout.names();
    OptionalLong start = names.find("skl_call_thunk_template");
    OptionalLong end = names.find("skl_call_thunk_tail");
    boolean known = start.isPresent() && end.isPresent() && sites.length > 0;
    template = known ? layout.kernel().placeOf(start.getAsLong()) : -1;
    templateBytes = known ? (int) (end.getAsLong() - start.getAsLong()) : 0;
    SKIPPED.forEach(name -> names.find(name).ifPresent(skipped::add));
    kexec = names.find(KEXEC).orElse(Long.MIN_VALUE);
    int[] pads =
        template < 0
            ? new int[0]
            : names
                .entriesBelow(layout.textBytes())
                .map(entry -> entry - templateBytes)
                .filter(pad -> pad >= 0 && isBlank(layout.golden(), pad))
                .toArray();
    padding = SiteIndex.ofFixed("call counting thunk", pads, templateBytes);
  }

  SiteIndex index() {
    return index;
  }

  SiteIndex paddingIndex() {
    return padding;
  }

  private boolean isBlank(byte[] code, int pad) {
    for (int i = pad; i < pad + templateBytes; i++) {
      if (code[i] != NOP) {
        return false;
      }
    }
    return true;
  }

  /** Rewrites every counted call and the padding of what it calls. */
  public void apply(Rewriting text) {
    if (template < 0) {
      return;
    }
    count(text, sites);
    if (countsAlternatives(text)) {
      count(text, alternativeSites);
    }
  }

  /** Kernels up to 6.12 count calls in alternatives too, 7.1 does not: all or none. */
  private boolean countsAlternatives(Rewriting text) {
    byte[] code = text.expected();
    int counted = 0;
    int plain = 0;
    for (int site : alternativeSites) {
      if (code[site] == Rewriting.CALL && text.guest()[site] == Rewriting.CALL) {
        long function = text.target(code, site + 1);
        long actual = text.target(text.guest(), site + 1);
        counted += actual == function - templateBytes ? 1 : 0;
        plain += actual == function ? 1 : 0;
      }
    }
    return counted > plain;
  }

  private void count(Rewriting text, int[] calls) {
    byte[] code = text.expected();
    for (int site : calls) {
      if (code[site] == Rewriting.CALL && text.inGuest(site)) {
        long pad = thunkFor(text, text.target(code, site + 1), true);
        if (pad >= 0) {
          text.putDistance(site + 1, pad);
        }
      }
    }
  }

  /**
   * Where a counted call to {@code function} goes, or -1 if calls to it are not counted.
   *
   * @param write whether to write the thunk if the padding is still blank
   */
  private long thunkFor(Rewriting text, long function, boolean write) {
    long pad = function - templateBytes;
    boolean own = text.layout().holdsText(pad) && text.layout().holdsText(function);
    if (skipped.contains(function) || (function >= kexec && function < kexec + KEXEC_BYTES)) {
      return -1;
    }
    if (!own) {
      return text.isModule() ? thunkElsewhere(text, function) : -1;
    }
    int place = text.layout().placeOf(pad);
    if (isThunk(text, text.expected(), place)) {
      return pad;
    }
    if (!isBlank(text.expected(), place)) {
      return -1;
    }
    if (write) {
      putThunk(text, text.expected(), place);
    }
    return pad;
  }

  /** What a module calls in the kernel is counted if it has a thunk; in another module if any. */
  private long thunkElsewhere(Rewriting text, long function) {
    long pad = function - templateBytes;
    ImageLayout kernel = text.layout().kernel();
    if (kernel.holdsText(function)) {
      return pad >= 0 && isThunk(text.kernel(), text.kernel().expected(), (int) pad) ? pad : -1;
    }
    // The other module's own padding is verified with it.
    return text.isTrusted(function) ? pad : -1;
  }

  /**
   * A static call's site has the function's own address from early boot, or that of its thunk since
   * it was updated (callthunks_translate_call_dest): both are legal.
   */
  long staticCallTarget(Rewriting text, int site, long function) {
    long pad = thunkFor(text, function, false);
    if (pad >= 0
        && text.guest()[site] == Rewriting.CALL
        && text.target(text.guest(), site + 1) == pad) {
      if (text.layout().holdsText(pad)) {
        putThunk(text, text.expected(), text.layout().placeOf(pad));
      }
      return pad;
    }
    return function;
  }

  /** Thunks that static calls once needed stay: a blank padding may hold its thunk. */
  void acceptWritten(Rewriting text) {
    for (int i = 0; i < padding.size(); i++) {
      int pad = padding.start(i);
      if (isBlank(text.expected(), pad) && isThunk(text, text.guest(), pad)) {
        putThunk(text, text.expected(), pad);
      }
    }
  }

  private boolean isThunk(Rewriting text, byte[] code, int pad) {
    byte[] thunk = thunk(text, pad);
    return Arrays.equals(code, pad, pad + templateBytes, thunk, 0, templateBytes);
  }

  private void putThunk(Rewriting text, byte[] code, int pad) {
    System.arraycopy(thunk(text, pad), 0, code, pad, templateBytes);
  }

  /** The template with its RIP-relative operand moved. */
  private byte[] thunk(Rewriting text, int pad) {
    Rewriting kernel = text.kernel();
    byte[] thunk = Arrays.copyOfRange(kernel.expected(), template, template + templateBytes);
    // sarq $5, %gs:x(%rip): 65 48 c1 3d disp32 05; with an absolute operand it is 65 48 c1 3c 25.
    if (thunk[3] == 0x3d) {
      int moved = kernel.layout().offsetOf(template) - text.layout().offsetOf(pad);
      Bytes.putInt(thunk, 4, Bytes.intAt(thunk, 4) + moved);
    }
    return thunk;
  }
}
