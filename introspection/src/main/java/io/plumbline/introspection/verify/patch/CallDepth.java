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
  private final boolean beforeAlternatives;

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
    beforeAlternatives = listsReplacements(layout.kernel());
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

  /**
   * Since 6.15 calls are counted before alternatives are applied, and {@code .call_sites} names
   * those in replacements too. The kernel's own replacements lie outside its text and are left
   * alone (within_coretext), so that a call which comes from one is not counted; a module's are
   * counted.
   */
  private static boolean listsReplacements(ImageLayout kernel) {
    return Arrays.stream(kernel.codePlaces(kernel.sites().callDepthCalls()))
        .anyMatch(place -> place >= kernel.textBytes());
  }

  /** Whether calls are counted before alternatives are applied, and not afterwards. */
  boolean isBeforeAlternatives() {
    return beforeAlternatives;
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
    if (!beforeAlternatives && countsAlternatives(text)) {
      count(text, alternativeSites);
    }
  }

  /** Whether calls that alternatives left are counted too: all or none. */
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

  /** The sequence that counts a call, as code that is made at run time has it before each call. */
  public CallAccounting accounting(Rewriting text) {
    return new CallAccounting(this, text, template < 0 ? 0 : templateBytes);
  }

  /** Whether {@code code} holds the sequence at {@code at}, whose linear address is given. */
  boolean countsAt(Rewriting text, byte[] code, int at, long address) {
    byte[] thunk = thunkAt(text, text.offsetOf(address));
    return code.length - at >= thunk.length
        && Arrays.equals(code, at, at + thunk.length, thunk, 0, thunk.length);
  }

  private void putThunk(Rewriting text, byte[] code, int pad) {
    System.arraycopy(thunk(text, pad), 0, code, pad, templateBytes);
  }

  /** The template with its RIP-relative operand moved. */
  private byte[] thunk(Rewriting text, int pad) {
    return thunkAt(text, text.layout().offsetOf(pad));
  }

  private byte[] thunkAt(Rewriting text, long offset) {
    Rewriting kernel = text.kernel();
    byte[] thunk = Arrays.copyOfRange(kernel.expected(), template, template + templateBytes);
    // sarq $5, %gs:x(%rip): 65 48 c1 3d disp32 05; with an absolute operand it is 65 48 c1 3c 25.
    if (thunk[3] == 0x3d) {
      int moved = (int) (kernel.layout().offsetOf(template) - offset);
      Bytes.putInt(thunk, 4, Bytes.intAt(thunk, 4) + moved);
    }
    return thunk;
  }
}
