package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.verify.patch.GuestWords;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the kernel's live patching puts in a function's place. Its handler is the kernel's own and
 * goes wherever the guest's data says (kernel {@code kernel/livepatch/patch.c}, {@code
 * klp_ftrace_handler}), so where that is has to be asked. A patch brings its replacements along in
 * a module: one of the kernel's own functions is none.
 */
final class Livepatches {
  private static final String HANDLER = "klp_ftrace_handler";

  /** Patches on one function that are followed. */
  private static final int MOST = 64;

  // struct klp_ops of 5.10 to 7.x (kernel/livepatch/patch.h): node, func_stack, fops.
  private static final int STACK_BEFORE_OPS = 16;

  // struct klp_func of 5.10 to 7.x (include/linux/livepatch.h) with a kobject of 64 bytes.
  private static final int STACK_NODE = 112;
  private static final int NEW_FUNCTION = 8;
  private static final int IS_NOP = 144;

  private final Rewriting text;
  private final GuestWords words;

  Livepatches(Rewriting text, GuestWords words) {
    this.text = text;
    this.words = words;
  }

  /** Whether {@code function} is the handler, which asks the data around its ftrace_ops. */
  boolean isHandler(long function) {
    return text.layout().names().isNamed(text.offsetOf(function), HANDLER);
  }

  /**
   * Addresses that the handler goes to for one ftrace_ops, the newest patch first: none if all of
   * them restore what was there.
   *
   * @param ops linear address of the ftrace_ops, a member of a klp_ops
   * @return empty if one is no function of a verified module, cannot be read, or if there is no end
   */
  Optional<List<Long>> replacements(long ops) {
    List<Long> found = new ArrayList<>();
    long head = ops - STACK_BEFORE_OPS;
    long node = word(head).orElse(0);
    for (int seen = 0; node != head; seen++) {
      long patch = node - STACK_NODE;
      OptionalLong function = word(patch + NEW_FUNCTION);
      OptionalLong flags = word(patch + IS_NOP);
      OptionalLong next = word(node);
      if (seen >= MOST || function.isEmpty() || flags.isEmpty() || next.isEmpty()) {
        return Optional.empty();
      }
      boolean nop = (flags.getAsLong() & 0xff) != 0;
      if (!nop && !isOfModule(function.getAsLong())) {
        return Optional.empty();
      }
      if (!nop) {
        found.add(function.getAsLong());
      }
      node = next.getAsLong();
    }
    return Optional.of(List.copyOf(found));
  }

  private boolean isOfModule(long function) {
    return text.isTrustedAddress(function) && !text.layout().holdsText(text.offsetOf(function));
  }

  private OptionalLong word(long address) {
    OptionalLong word = words.longAt(address);
    if (word.isEmpty() && words.isWithheld(address)) {
      text.unreadAt(String.format("a livepatch cannot be read: %#x", address), address);
    }
    return word;
  }
}
