package io.plumbline.introspection.verify.patch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Places where the guest's text has INT3 or a jump that no table of patch sites explains, as a
 * kprobe puts them there. Whoever knows an owner accepts them one by one; what was there before is
 * kept, since probes hold copies of it.
 */
public final class ProbedText {
  /** The longest instruction (Intel SDM volume 2A, 2.3.11) and what is displaced by a jump. */
  private static final int LONGEST = 32;

  private final Rewriting text;
  private final Map<Integer, Byte> originals = new HashMap<>();

  /** Of a text whose expected bytes are complete but for probes. */
  public ProbedText(Rewriting text) {
    this.text = text;
  }

  /**
   * Places that differ and hold INT3 or a jump, ascending.
   *
   * @param most differing places that are looked at
   */
  public List<Integer> candidates(int most) {
    List<Integer> found = new ArrayList<>();
    byte[] expected = text.expected();
    byte[] guest = text.guest();
    int end = text.layout().textBytes();
    int at = 0;
    for (int seen = 0; seen < most && at < end; seen++) {
      int equal = Arrays.mismatch(expected, at, end, guest, at, end);
      if (equal < 0) {
        return found;
      }
      at += equal;
      if (guest[at] == Rewriting.INT3 || guest[at] == Rewriting.JUMP_32) {
        found.add(at);
      }
      at++;
    }
    return found;
  }

  /** Linear address of the text's first byte. */
  public long address() {
    return text.addressOf(text.layout().offsetOf(0));
  }

  /** The text itself, as it must be with the probes that were accepted. */
  public Rewriting text() {
    return text;
  }

  /** The place of a linear address in the text; -1 if it lies elsewhere. */
  public int placeOf(long address) {
    long offset = text.offsetOf(address);
    return text.layout().holdsText(offset) ? text.layout().placeOf(offset) : -1;
  }

  /** Whether the guest has INT3 at {@code place} and should not. */
  public boolean isBreakpoint(int place) {
    return text.guest()[place] == Rewriting.INT3 && text.expected()[place] != Rewriting.INT3;
  }

  /** The linear address that a jump leads to which should not be at {@code place}. */
  public OptionalLong jump(int place) {
    boolean whole = place <= text.layout().textBytes() - Rewriting.CALL_BYTES;
    return whole
            && text.guest()[place] == Rewriting.JUMP_32
            && !Arrays.equals(
                text.guest(),
                place,
                place + Rewriting.CALL_BYTES,
                text.expected(),
                place,
                place + Rewriting.CALL_BYTES)
        ? OptionalLong.of(text.addressOf(text.target(text.guest(), place + 1)))
        : OptionalLong.empty();
  }

  /** The linear address that a call leads to which is as it must be at {@code place}. */
  public OptionalLong call(int place) {
    return place <= text.layout().textBytes() - Rewriting.CALL_BYTES
            && text.expected()[place] == Rewriting.CALL
        ? OptionalLong.of(text.addressOf(text.target(text.expected(), place + 1)))
        : OptionalLong.empty();
  }

  /** Lets INT3 stand at {@code place}. */
  public void acceptBreakpoint(int place) {
    keep(place, 1);
    text.expected()[place] = Rewriting.INT3;
  }

  /** Lets a jump to a linear address stand at {@code place}. */
  public void acceptJump(int place, long target) {
    keep(place, Rewriting.CALL_BYTES);
    text.putBranch(place, Rewriting.JUMP_32, text.offsetOf(target));
  }

  private void keep(int place, int bytes) {
    for (int i = place; i < place + bytes; i++) {
      originals.putIfAbsent(i, text.expected()[i]);
    }
  }

  /** What the text holds from {@code place} on without probes; shorter at the text's end. */
  public byte[] original(int place) {
    int end = Math.min(text.layout().textBytes(), place + LONGEST);
    byte[] code = Arrays.copyOfRange(text.expected(), place, end);
    for (int i = 0; i < code.length && !originals.isEmpty(); i++) {
      code[i] = originals.getOrDefault(place + i, code[i]);
    }
    return code;
  }
}
