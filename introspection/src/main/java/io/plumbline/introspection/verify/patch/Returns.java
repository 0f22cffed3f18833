package io.plumbline.introspection.verify.patch;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Return sites: in the file a jump to {@code __x86_return_thunk}, in a guest RET and INT3, or a
 * jump to the thunk of this boot (kernel {@code arch/x86/kernel/alternative.c}, apply_returns). One
 * mode explains all sites; which, the majority says.
 */
public final class Returns {
  private static final String PLACEHOLDER = "__x86_return_thunk";

  private final int[] sites;
  private final SiteIndex index;

  public Returns(ImageLayout layout) {
    sites = jumpsToThunk(layout, layout.codePlaces(layout.sites().returns()));
    index = SiteIndex.ofFixed("return", sites, Rewriting.CALL_BYTES);
  }

  private static int[] jumpsToThunk(ImageLayout layout, int[] candidates) {
    long thunk = layout.names().find(PLACEHOLDER).orElse(Long.MIN_VALUE);
    byte[] code = layout.golden();
    return Arrays.stream(candidates)
        .filter(
            place ->
                code[place] == Rewriting.JUMP_32
                    && layout.offsetOf(place) + 5L + Bytes.intAt(code, place + 1) == thunk)
        .toArray();
  }

  SiteIndex index() {
    return index;
  }

  /** The mode that explains most sites. */
  ReturnMode infer(Rewriting text, BootVotes votes) {
    byte[] guest = text.guest();
    int plain = 0;
    int plainUpper = 0;
    Map<Long, int[]> jumps = new HashMap<>();
    for (int place : sites) {
      if (!text.inGuest(place)) {
        continue;
      }
      boolean upper = (place & 0x20) != 0;
      if (guest[place] == Rewriting.RETURN) {
        plain++;
        plainUpper += upper ? 1 : 0;
      } else if (guest[place] == Rewriting.JUMP_32) {
        int[] counts = jumps.computeIfAbsent(text.target(guest, place + 1), t -> new int[2]);
        counts[upper ? 1 : 0]++;
      }
    }
    ReturnMode best = ReturnMode.PLAIN;
    int explained = plain;
    // What a thunk that no site leads to yet would explain: the plain ones in upper halves.
    int second = plainUpper;
    for (Map.Entry<Long, int[]> jump : jumps.entrySet()) {
      if (!isReturnThunk(text, jump.getKey())) {
        continue;
      }
      int all = jump.getValue()[0] + jump.getValue()[1];
      int half = jump.getValue()[0] + plainUpper;
      second = Math.max(second, Math.min(explained, Math.max(all, half)));
      second = Math.max(second, Math.min(all, half));
      if (all > explained) {
        explained = all;
        best = new ReturnMode(ReturnMode.Kind.THUNK, jump.getKey());
      }
      if (half > explained) {
        explained = half;
        best = new ReturnMode(ReturnMode.Kind.THUNK_IN_LOWER_HALF, jump.getKey());
      }
    }
    votes.returns(explained - second);
    return best;
  }

  /** The thunks that bugs.c of 5.10 to 7.x may choose, by the way they are named. */
  private static boolean isReturnThunk(Rewriting text, long offset) {
    ImageNames names = text.layout().names();
    return names.isEntry(offset)
        && (names.nameOf(offset).endsWith("return_thunk")
            || names.isNamed(offset, PLACEHOLDER)
            || names.isNamed(offset, "__x86_return_skl")
            || names.isNamed(offset, "zen_untrain_ret_thunk"));
  }

  /** Rewrites every site. */
  public void apply(Rewriting text, ReturnMode mode) {
    byte[] code = text.expected();
    ImageLayout layout = text.layout();
    for (int place : sites) {
      if (mode.jumpsAt(layout.offsetOf(place))) {
        text.putBranch(place, Rewriting.JUMP_32, mode.thunk());
      } else {
        putPlain(code, place);
      }
    }
  }

  static void putPlain(byte[] code, int place) {
    code[place] = Rewriting.RETURN;
    Bytes.putInt(code, place + 1, 0xcccccccc);
  }
}
