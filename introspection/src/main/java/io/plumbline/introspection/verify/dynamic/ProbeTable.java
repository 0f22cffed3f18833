package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.verify.patch.GuestWords;
import io.plumbline.introspection.verify.patch.ImageNames;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongPredicate;

/**
 * Reads the kernel's own table of kprobes ({@code kernel/kprobes.c}, kprobe_table). The table is
 * data of the guest: it names who changed text, and is believed only as far as what it names is
 * trusted.
 */
final class ProbeTable {
  /** KPROBE_TABLE_SIZE. */
  private static final int BUCKETS = 64;

  /** Probes that are followed, in all and on one place; more are a blind spot. */
  private static final int MOST = 4096;

  // struct kprobe of 5.10 to 7.x. Where 5.10 has fault_handler, newer kernels have the saved byte.
  private static final int LIST = 16;
  private static final int PLACE = 40;
  private static final int[] HANDLERS = {64, 72, 80};
  private static final int[] SLOTS = {88, 96};
  private static final int SAVED_BYTE = 0xff;

  // The handlers of struct kretprobe follow its kprobe, whose end depends on the release.
  private static final int RETURN_HANDLERS_FROM = 96;
  private static final int RETURN_HANDLERS_TO = 224;

  private final Rewriting text;
  private final GuestWords words;
  private final LongPredicate isExecutable;
  private final List<KernelProbe> probes = new ArrayList<>();
  private final Set<Long> followed = new HashSet<>();

  ProbeTable(Rewriting text, GuestWords words, LongPredicate isExecutable) {
    this.text = text;
    this.words = words;
    this.isExecutable = isExecutable;
  }

  /** Every registered probe; those on one place that share an aggregate are one. */
  List<KernelProbe> read() {
    OptionalLong table = text.layout().names().find("kprobe_table");
    if (table.isEmpty()) {
      return List.of();
    }
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      long head = text.addressOf(table.getAsLong()) + (long) bucket * Long.BYTES;
      for (long probe = word(head); probe != 0; probe = word(probe)) {
        if (followed.size() >= MOST || !followed.add(probe)) {
          text.unreadAt("the table of kprobes does not end", head);
          return probes;
        }
        add(probe);
      }
    }
    return probes;
  }

  private void add(long probe) {
    List<Long> handlers = new ArrayList<>();
    collect(probe, handlers);
    long first = probe + LIST;
    for (long member = word(first); member != first && member != 0; member = word(member)) {
      if (followed.size() >= MOST || !followed.add(member - LIST)) {
        text.unreadAt("a list of kprobes does not end", first);
        break;
      }
      collect(member - LIST, handlers);
    }
    List<Long> slots = new ArrayList<>();
    for (int offset : SLOTS) {
      slots.add(word(probe + offset));
    }
    probes.add(new KernelProbe(probe, word(probe + PLACE), handlers, slots));
  }

  private void collect(long probe, List<Long> handlers) {
    ImageNames names = text.layout().names();
    boolean returns = false;
    for (int offset : HANDLERS) {
      long handler = word(probe + offset);
      if (Long.compareUnsigned(handler, SAVED_BYTE) > 0) {
        handlers.add(handler);
        returns |= names.isNamed(text.offsetOf(handler), "pre_handler_kretprobe");
      }
    }
    for (int at = RETURN_HANDLERS_FROM; returns && at < RETURN_HANDLERS_TO; at += Long.BYTES) {
      long word = word(probe + at);
      boolean slot = word == word(probe + SLOTS[0]) || word == word(probe + SLOTS[1]);
      if (word != 0 && !slot && isExecutable.test(word)) {
        handlers.add(word);
      }
    }
  }

  private long word(long address) {
    OptionalLong word = words.longAt(address);
    if (word.isEmpty()) {
      text.unreadAt(String.format("a kprobe cannot be read: %#x", address), address);
    }
    return word.orElse(0);
  }
}
