package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageNames;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongPredicate;

/**
 * Pages that kprobes execute: copies of probed instructions, and detours of optimised probes, which
 * are the image's template, the displaced instructions and a jump back (kernel {@code
 * arch/x86/kernel/kprobes/core.c} and {@code opt.c}). Slots of probes that are gone are left as
 * they were, so that a slot needs no owner; it must be a true copy all the same.
 *
 * <p>A module may be gone, with the original. What is left of a probe on it must be instructions
 * such as some text has, of which each goes on to the next, and then INT3 or a jump to where
 * modules may lie and nothing can be executed: whoever gets there gets no further.
 */
final class ProbeSlots {
  private static final int PAGE = PageBytes.SIZE;

  /** MAX_INSN_SIZE. */
  private static final int COPY_BYTES = 15;

  private static final int BRANCH = 5;

  /** MAX_OPTIMIZED_LENGTH: MAX_INSN_SIZE and DISP32_SIZE. */
  private static final int MOST_DISPLACED = 19;

  private static final byte CALL = (byte) 0xe8;
  private static final byte JUMP = (byte) 0xe9;
  private static final byte INT3 = (byte) 0xcc;

  /** MOV RDI, imm64, whose immediate is the probe. */
  private static final int ARGUMENT = 10;

  /** CLAC, where the processor has it. */
  private static final byte[] CLAC = {0x0f, 0x01, (byte) 0xca};

  /**
   * A detour.
   *
   * @param place linear address of the probed instruction; of one that is gone, where it was
   * @param probe linear address of its struct kprobe
   */
  record Detour(long place, long probe) {}

  private record Template(int place, int size, int argument, int call, int clac, long callback) {}

  private final Rewriting text;
  private final LongPredicate isExecutable;
  private final CopiedInstructions copies;
  private final Optional<Template> template;

  /**
   * @param text the kernel's
   * @param texts that may be probed
   * @param isExecutable whether the supervisor may execute a linear address
   */
  ProbeSlots(Rewriting text, ProbedTexts texts, LongPredicate isExecutable) {
    this.text = text;
    this.isExecutable = isExecutable;
    this.copies = new CopiedInstructions(texts, text.layout().textBytes());
    this.template = template(text);
  }

  private static Optional<Template> template(Rewriting text) {
    ImageNames names = text.layout().names();
    OptionalLong entry = names.find("optprobe_template_entry");
    OptionalLong end = names.find("optprobe_template_end");
    OptionalLong argument = names.find("optprobe_template_val");
    OptionalLong call = names.find("optprobe_template_call");
    OptionalLong callback = names.find("optimized_callback");
    if (entry.isEmpty()
        || end.isEmpty()
        || argument.isEmpty()
        || call.isEmpty()
        || callback.isEmpty()) {
      return Optional.empty();
    }
    long start = entry.getAsLong();
    long size = end.getAsLong() - start;
    int place = text.layout().placeOf(start);
    if (place < 0 || size <= 0 || size > PAGE - MOST_DISPLACED - BRANCH) {
      return Optional.empty();
    }
    OptionalLong clac = names.find("optprobe_template_clac");
    return Optional.of(
        new Template(
            place,
            (int) size,
            (int) (argument.getAsLong() - start),
            (int) (call.getAsLong() - start),
            clac.isPresent() ? (int) (clac.getAsLong() - start) : -1,
            callback.getAsLong()));
  }

  /**
   * The detour that begins at {@code page[at]}, if every byte of it is as it must be.
   *
   * @param address linear, of the page
   */
  Optional<Detour> detourAt(byte[] page, int at, long address) {
    if (template.isEmpty() || !isTemplate(page, at, address, template.get())) {
      return Optional.empty();
    }
    int displaced = at + template.get().size;
    for (int bytes = BRANCH; bytes <= MOST_DISPLACED; bytes++) {
      int back = displaced + bytes;
      long place = jumpsTo(page, back, address) - bytes;
      if (isJump(page, back)
          && copies.fill(page, displaced, address + displaced, place, bytes)
          && isBlank(page, back + BRANCH, Math.min(PAGE, at + stride()))) {
        return Optional.of(new Detour(place, Bytes.longAt(page, at + template.get().argument + 2)));
      }
    }
    return Optional.empty();
  }

  /** Whether a detour begins at {@code page[at]} that leads back into a module that is gone. */
  private boolean isStrayDetour(byte[] page, int at, long address) {
    return template.isPresent()
        && isTemplate(page, at, address, template.get())
        && isStray(page, at + template.get().size, address, BRANCH, at + stride());
  }

  /**
   * Whether instructions that lead nowhere lie at {@code page[at]}, and nothing behind them.
   *
   * @param least bytes of instructions
   * @param end where the slot ends
   */
  private boolean isStray(byte[] page, int at, long address, int least, int end) {
    int back = at + copies.straysFrom(page, at, least);
    if (back == at || back >= end) {
      return false;
    }
    return page[back] == INT3
        ? isRest(page, at, back, end)
        : back + BRANCH <= end
            && isJump(page, back)
            && isNowhere(jumpsTo(page, back, address))
            && isBlank(page, back + BRANCH, end);
  }

  private boolean isNowhere(long address) {
    return ModuleArea.mayHold(address, text.addressOf(text.layout().end()))
        && !isExecutable.test(address);
  }

  private boolean isTemplate(byte[] page, int at, long address, Template known) {
    if (at + known.size > page.length) {
      return false;
    }
    byte[] expected = text.expected();
    int argument = at + known.argument;
    int call = at + known.call;
    for (int i = 0; i < known.size; i++) {
      int free = i - known.argument;
      int called = i - known.call;
      boolean field = (free >= 0 && free < ARGUMENT) || (called >= 0 && called < BRANCH);
      int cleared = known.clac < 0 ? -1 : i - known.clac;
      boolean clac = cleared >= 0 && cleared < CLAC.length && page[at + i] == CLAC[cleared];
      if (!field && !clac && page[at + i] != expected[known.place + i]) {
        return false;
      }
    }
    return page[argument] == 0x48
        && page[argument + 1] == (byte) 0xbf
        && page[call] == CALL
        && address + call + BRANCH + Bytes.intAt(page, call + 1) == text.addressOf(known.callback);
  }

  private int stride() {
    return template.map(Template::size).orElse(PAGE) + MOST_DISPLACED + BRANCH;
  }

  /** Whether a page holds detours and nothing else. */
  boolean areDetours(byte[] page, long address) {
    int found = 0;
    for (int at = 0; at + stride() <= PAGE; at += stride()) {
      if (detourAt(page, at, address).isPresent() || isStrayDetour(page, at, address)) {
        found++;
      } else if (!isBlank(page, at, at + stride())) {
        return false;
      }
    }
    return found > 0 && isBlank(page, PAGE / stride() * stride(), PAGE);
  }

  /**
   * Whether a page holds copies of probed instructions and nothing else.
   *
   * @param owned where the original of a copy lies, by the copy's linear address
   */
  boolean areCopies(byte[] page, long address, Map<Long, Long> owned) {
    int found = 0;
    for (int at = 0; at + COPY_BYTES <= PAGE; at += COPY_BYTES) {
      if (isBlank(page, at, at + COPY_BYTES)) {
        continue;
      }
      if (!isCopy(page, at, address, owned) && !isStray(page, at, address, 1, at + COPY_BYTES)) {
        return false;
      }
      found++;
    }
    return found > 0 && isBlank(page, PAGE / COPY_BYTES * COPY_BYTES, PAGE);
  }

  private boolean isCopy(byte[] page, int at, long address, Map<Long, Long> owned) {
    Long owner = owned.get(address + at);
    if (owner != null) {
      return isCopy(page, at, address, owner, true);
    }
    int length = copies.anyAt(page, at);
    if (isJump(page, at + length)) {
      return isCopy(page, at, address, jumpsTo(page, at + length, address) - length, false);
    }
    OptionalLong place =
        endsInTrap(page, at, length) ? copies.find(page, at, address + at) : OptionalLong.empty();
    return place.isPresent() && isCopy(page, at, address, place.getAsLong(), false);
  }

  /**
   * The copy, then INT3 or a jump back behind the original, then nothing. Until 5.12 a copy that is
   * stepped over has no end; such a one needs an owner.
   */
  private boolean isCopy(byte[] page, int at, long address, long place, boolean isOwned) {
    int length = copies.lengthAt(page, at, address + at, place);
    if (length == 0 || length > COPY_BYTES) {
      return false;
    }
    int next = at + length;
    int end = at + COPY_BYTES;
    if (next + BRANCH <= end && isJump(page, next)) {
      return jumpsTo(page, next, address) == place + length && isBlank(page, next + BRANCH, end);
    }
    boolean trapped = next < end && page[next] == INT3;
    return trapped ? isRest(page, at, next, end) : isOwned && isBlank(page, next, end);
  }

  /** Whether a copy ends as one does that has no owner: only then is its original looked for. */
  private static boolean endsInTrap(byte[] page, int at, int length) {
    int next = at + length;
    int end = at + COPY_BYTES;
    return length > 0
        && next < end
        && page[next] == INT3
        && page[lastByte(page, next, end)] == INT3;
  }

  /**
   * Whether what lies behind the trap of a copy is nothing, or what a longer copy left that the
   * slot held before: the end of an instruction of some text, and its trap.
   */
  private boolean isRest(byte[] page, int at, int trap, int end) {
    int last = lastByte(page, trap, end);
    int from = trap + 1;
    return isBlank(page, trap, end)
        || (page[last] == INT3 && copies.isEnd(page, from, last - from, from - at));
  }

  /** The last byte behind {@code from} that is not zero, else that one. */
  private static int lastByte(byte[] page, int from, int to) {
    int last = to - 1;
    while (last > from && page[last] == 0) {
      last--;
    }
    return last;
  }

  private static boolean isJump(byte[] page, int at) {
    return at + BRANCH <= PAGE && page[at] == JUMP;
  }

  private static long jumpsTo(byte[] page, int at, long address) {
    return at + BRANCH <= PAGE ? address + at + BRANCH + Bytes.intAt(page, at + 1) : Long.MIN_VALUE;
  }

  private static boolean isBlank(byte[] page, int from, int to) {
    for (int i = from; i < to; i++) {
      if (page[i] != 0 && page[i] != INT3) {
        return false;
      }
    }
    return true;
  }
}
