package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.golden.image.PatchSites.JumpLabel;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/**
 * Branches of static keys: a jump exactly if the key is enabled xor the branch's own bit (kernel
 * {@code kernel/jump_label.c}, jump_label_type; {@code arch/x86/kernel/jump_label.c}). All sites of
 * one key are alike. The key is the guest's data; where it cannot be read, its sites decide.
 */
public final class JumpLabels {
  private final int[] code;
  private final int[] target;
  private final int[] key;
  private final boolean[] branch;
  private final boolean[] isShort;
  private final SiteIndex index;

  public JumpLabels(ImageLayout layout) {
    List<JumpLabel> labels =
        layout.sites().jumpLabels().stream()
            .filter(label -> layout.holdsText(label.code()))
            .sorted(Comparator.comparingInt(JumpLabel::key).thenComparingInt(JumpLabel::code))
            .toList();
    code = labels.stream().mapToInt(label -> layout.placeOf(label.code())).toArray();
    target = labels.stream().mapToInt(JumpLabel::target).toArray();
    key = labels.stream().mapToInt(JumpLabel::key).toArray();
    branch = new boolean[code.length];
    isShort = new boolean[code.length];
    InstructionDecoder decoder = InstructionDecoder.forMode(CodeMode.LONG_64);
    byte[] golden = layout.golden();
    for (int i = 0; i < code.length; i++) {
      branch[i] = labels.get(i).branch();
      isShort[i] = Instruction.length(decoder.decode(golden, code[i], golden.length)) == 2;
    }
    index = SiteIndex.of("jump label", code, i -> isShort[i] ? 2 : 5);
  }

  SiteIndex index() {
    return index;
  }

  /** Rewrites every site. */
  public void apply(Rewriting text, NopFamily nops) {
    int from = 0;
    int unread = 0;
    int missing = 0;
    while (from < key.length) {
      int to = from + 1;
      while (to < key.length && key[to] == key[from]) {
        to++;
      }
      OptionalLong word = text.keyWord(key[from]);
      boolean enabled = word.isPresent() ? isOn(word.getAsLong()) : mostJump(text, from, to);
      if (word.isEmpty()) {
        unread++;
        missing = key[from];
      }
      for (int i = from; i < to; i++) {
        put(text, i, enabled ^ branch[i], nops);
      }
      from = to;
    }
    if (unread > 0) {
      text.unread(unread + " static keys cannot be read: their sites decide", missing);
    }
  }

  /** Whether a key that has this word at its beginning is enabled (struct static_key). */
  static boolean isOn(long word) {
    return (int) word > 0;
  }

  /** Adds the set of NOPs that one site shows to {@code votes}, {@code times} times. */
  void vote(Rewriting text, int label, BootVotes votes, int times) {
    if (!isShort[label]) {
      votes.addNop(text.guest(), code[label], times);
    }
  }

  /** The key of a site, as an offset. */
  int keyOf(int label) {
    return key[label];
  }

  /** Whether branches depend on a key at an offset. */
  boolean isKey(long offset) {
    return offset == (int) offset && firstOf((int) offset) >= 0;
  }

  private int firstOf(int wanted) {
    int found = Arrays.binarySearch(key, wanted);
    while (found > 0 && key[found - 1] == wanted) {
      found--;
    }
    return found;
  }

  /** Rewrites the sites of one key again, each by {@code rewriter}. */
  boolean again(Rewriting text, int wanted, NopFamily nops, SiteRewriter rewriter) {
    int from = firstOf(wanted);
    int to = from;
    while (to < key.length && key[to] == wanted) {
      to++;
    }
    OptionalLong word = text.keyWord(wanted);
    boolean enabled = word.isPresent() ? isOn(word.getAsLong()) : mostJump(text, from, to);
    boolean done = true;
    for (int i = from; i < to && done; i++) {
      int label = i;
      int end = code[i] + (isShort[i] ? 2 : Rewriting.CALL_BYTES);
      done = rewriter.rewrite(code[i], end, () -> put(text, label, enabled ^ branch[label], nops));
    }
    return done;
  }

  /** Adds the sets of NOPs that all sites show to {@code votes}. */
  void vote(Rewriting text, BootVotes votes) {
    for (int label = 0; label < code.length; label++) {
      vote(text, label, votes, 1);
    }
  }

  private boolean mostJump(Rewriting text, int from, int to) {
    int balance = 0;
    for (int i = from; i < to; i++) {
      byte opcode = text.guest()[code[i]];
      boolean jump = opcode == Rewriting.JUMP_8 || opcode == Rewriting.JUMP_32;
      balance += jump ^ branch[i] ? 1 : -1;
    }
    return balance > 0;
  }

  private void put(Rewriting text, int label, boolean jump, NopFamily nops) {
    byte[] expected = text.expected();
    int at = code[label];
    if (isShort[label]) {
      expected[at] = jump ? Rewriting.JUMP_8 : 0x66;
      expected[at + 1] =
          jump ? (byte) (target[label] - text.layout().offsetOf(at) - 2) : (byte) 0x90;
    } else if (jump) {
      text.putBranch(at, Rewriting.JUMP_32, target[label]);
    } else {
      nops.putFive(expected, at);
    }
  }
}
