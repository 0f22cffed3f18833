package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageNames;
import io.plumbline.introspection.verify.patch.ProbedText;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Pages that kprobes execute: copies of probed instructions, and detours of optimised probes, which
 * are the image's template, the displaced instructions and a jump back (kernel {@code
 * arch/x86/kernel/kprobes/core.c} and {@code opt.c}). Slots of probes that are gone are left as
 * they were, so that a slot needs no owner; it must be a true copy all the same.
 */
final class ProbeSlots {
  private static final int PAGE = PageBytes.SIZE;

  /** MAX_INSN_SIZE. */
  private static final int COPY_BYTES = 15;

  private static final int BRANCH = 5;

  /** MAX_OPTIMIZED_LENGTH: MAX_INSN_SIZE and DISP32_SIZE. */
  private static final int MOST_DISPLACED = 19;

  /** Copies of all pages whose original is searched for in all of the text. */
  private static final int MOST_SEARCHES = 32;

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
   * @param place of the probed text
   * @param probe linear address of its struct kprobe
   */
  record Detour(int place, long probe) {}

  private record Template(int place, int size, int argument, int call, int clac, long callback) {}

  private final Rewriting text;
  private final ProbedText probed;
  private final CopiedInstructions copies;
  private final Optional<Template> template;
  private int searches;

  ProbeSlots(Rewriting text, ProbedText probed) {
    this.text = text;
    this.probed = probed;
    this.copies = new CopiedInstructions(text, probed);
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
      if (back + BRANCH <= page.length && page[back] == JUMP) {
        long returns = address + back + BRANCH + Bytes.intAt(page, back + 1);
        int place = probed.placeOf(returns - bytes);
        if (place >= 0 && copies.fill(page, displaced, address + displaced, place, bytes)) {
          long probe = Bytes.longAt(page, at + template.get().argument + 2);
          return isBlank(page, back + BRANCH, Math.min(PAGE, at + stride()))
              ? Optional.of(new Detour(place, probe))
              : Optional.empty();
        }
      }
    }
    return Optional.empty();
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
      if (detourAt(page, at, address).isPresent()) {
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
  boolean areCopies(byte[] page, long address, Map<Long, Integer> owned) {
    int found = 0;
    for (int at = 0; at + COPY_BYTES <= PAGE; at += COPY_BYTES) {
      if (isBlank(page, at, at + COPY_BYTES)) {
        continue;
      }
      int length = copies.anyAt(page, at);
      Integer place = owned.get(address + at);
      boolean isOwned = place != null;
      if (place == null && page[Math.min(PAGE - 1, at + length)] == JUMP) {
        place = probed.placeOf(jumpsTo(page, at + length, address) - length);
      } else if (place == null && endsInTrap(page, at, length) && searches++ < MOST_SEARCHES) {
        place = copies.find(page, at, address + at);
      }
      if (place == null || place < 0 || !isCopy(page, at, address, place, isOwned)) {
        return false;
      }
      found++;
    }
    return found > 0 && isBlank(page, PAGE / COPY_BYTES * COPY_BYTES, PAGE);
  }

  /**
   * The copy, then INT3 or a jump back behind the original, then nothing. Until 5.12 a copy that is
   * stepped over has no end; such a one needs an owner.
   */
  private boolean isCopy(byte[] page, int at, long address, int place, boolean isOwned) {
    int length = copies.lengthAt(page, at, address + at, place);
    if (length == 0 || length > COPY_BYTES) {
      return false;
    }
    int next = at + length;
    int end = at + COPY_BYTES;
    if (next + BRANCH <= end && page[next] == JUMP) {
      return probed.placeOf(jumpsTo(page, next, address)) == place + length
          && isBlank(page, next + BRANCH, end);
    }
    return (isOwned || (next < end && page[next] == INT3)) && isBlank(page, next, end);
  }

  /** Whether a copy ends as one does that has no owner: only then is its original looked for. */
  private static boolean endsInTrap(byte[] page, int at, int length) {
    int next = at + length;
    int end = at + COPY_BYTES;
    return length > 0 && next < end && page[next] == INT3 && isBlank(page, next, end);
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
