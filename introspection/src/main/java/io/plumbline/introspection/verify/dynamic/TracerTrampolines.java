package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.GuestWords;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.ImageNames;
import io.plumbline.introspection.verify.patch.ReturnMode;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.LongFunction;

/**
 * Pages that are a copy of ftrace_caller or ftrace_regs_caller for one ftrace_ops (kernel {@code
 * arch/x86/kernel/ftrace.c}, create_trampoline). A page counts only if every byte of it is that of
 * the image's tracer, save for the distance to the pointer to the ops, which must reach it, and the
 * call, which must lead to the function that the ops name, which must be trusted, as must be what a
 * livepatch puts in a function's place.
 */
public final class TracerTrampolines {
  private static final int RETURN_SLOT = 5;
  private static final int OPS_REFERENCE = 7;
  private static final byte CALL = (byte) 0xe8;
  private static final byte JUMP = (byte) 0xe9;

  /** How many words of struct ftrace_ops are searched for the way back to the trampoline. */
  private static final int OPS_WORDS = 64;

  /** Copies that are looked at; a guest has one a tracer. */
  private static final int MOST = 4096;

  private record Template(
      String name, int start, int size, int opsReference, int call, int jumpOver) {}

  /**
   * A checked copy.
   *
   * @param address of its page
   * @param tracer what it is a copy of
   * @param ops address of its ftrace_ops
   * @param function address of what the ops want called
   * @param replacements addresses of what that function goes to instead of the traced one, if it is
   *     the handler of livepatches
   */
  public record Trampoline(
      long address, String tracer, long ops, long function, List<Long> replacements) {
    public Trampoline {
      replacements = List.copyOf(replacements);
    }
  }

  private final Rewriting text;
  private final ReturnMode returns;
  private final GuestWords words;
  private final Livepatches livepatches;
  private final LongFunction<Optional<PageBytes>> pages;
  private final Map<Long, Optional<Trampoline>> known = new HashMap<>();
  private final Template[] templates;

  /**
   * @param text whose expected bytes are complete for the tracer itself
   * @param pages the page that begins at a linear address
   */
  public TracerTrampolines(
      Rewriting text,
      ReturnMode returns,
      GuestWords words,
      LongFunction<Optional<PageBytes>> pages) {
    this.text = text;
    this.returns = returns;
    this.words = words;
    this.livepatches = new Livepatches(text, words);
    this.pages = pages;
    this.templates =
        new Template[] {
          template(text.layout(), "ftrace_caller", "ftrace_call", ""),
          template(
              text.layout(), "ftrace_regs_caller", "ftrace_regs_call", "ftrace_regs_caller_jmp")
        };
  }

  /** Null if the kernel has no such tracer. */
  private static Template template(ImageLayout layout, String name, String call, String jumpOver) {
    ImageNames names = layout.names();
    OptionalLong start = names.find(name);
    OptionalLong end = names.find(name + "_end");
    OptionalLong reference = names.find(name + "_op_ptr");
    OptionalLong callAt = names.find(call);
    if (start.isEmpty() || end.isEmpty() || reference.isEmpty() || callAt.isEmpty()) {
      return null;
    }
    long first = start.getAsLong();
    long size = end.getAsLong() - first;
    OptionalLong jump = jumpOver.isEmpty() ? OptionalLong.empty() : names.find(jumpOver);
    if (first < 0
        || end.getAsLong() > layout.textBytes()
        || size <= 0
        || size > PageBytes.SIZE - RETURN_SLOT - Long.BYTES) {
      return null;
    }
    return new Template(
        name,
        (int) first,
        (int) size,
        (int) (reference.getAsLong() - first),
        (int) (callAt.getAsLong() - first),
        jump.isPresent() ? (int) (jump.getAsLong() - first) : -1);
  }

  /** Whether a checked copy begins at {@code address}. */
  public boolean isTrampoline(long address) {
    return at(address).isPresent();
  }

  /** The checked copy that begins at {@code address}. */
  public Optional<Trampoline> at(long address) {
    Optional<Trampoline> found = known.get(address);
    if (found == null) {
      found = known.size() < MOST ? check(address, false) : Optional.empty();
      known.put(address, found);
    }
    return found;
  }

  /**
   * What the page at {@code address} is a copy of if no function calls it any more: a tracer that
   * is switched off keeps its copy, which goes on calling what the ops named last.
   */
  public Optional<Trampoline> idleAt(long address) {
    return check(address, true);
  }

  /** Whether {@code more} addresses could still be asked for. */
  public boolean hasRoom(int more) {
    return known.size() + more < MOST;
  }

  /** All checked copies that were asked for, by address. */
  public Map<Long, Trampoline> checked() {
    Map<Long, Trampoline> checked = new TreeMap<>();
    known.forEach((address, copy) -> copy.ifPresent(c -> checked.put(address, c)));
    return checked;
  }

  private Optional<Trampoline> check(long address, boolean idle) {
    if ((address & PageBytes.SIZE - 1) != 0) {
      return Optional.empty();
    }
    Optional<PageBytes> page = pages.apply(address);
    if (page.isEmpty()) {
      if (words.isWithheld(address)) {
        text.unreadAt(String.format("a tracer cannot be read: %#x", address), address);
      }
      return Optional.empty();
    }
    byte[] bytes = page.get().toByteArray();
    for (Template template : templates) {
      if (template != null && isCopy(bytes, address, template)) {
        Optional<Trampoline> found = byOps(bytes, address, template, idle);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  private boolean isCopy(byte[] bytes, long address, Template template) {
    int size = template.size;
    byte[] expected = text.expected(template.start, template.start + size);
    for (int i = 0; i < size; i++) {
      boolean free =
          isIn(i, template.opsReference + 3, Integer.BYTES)
              || isIn(i, template.call, RETURN_SLOT)
              || (template.jumpOver >= 0 && isIn(i, template.jumpOver, 2));
      if (!free && bytes[i] != expected[template.start + i]) {
        return false;
      }
    }
    int pointer = size + RETURN_SLOT;
    int distance = Bytes.intAt(bytes, template.opsReference + 3);
    boolean fields =
        distance == pointer - template.opsReference - OPS_REFERENCE
            && bytes[template.call] == CALL
            && (template.jumpOver < 0 || isShortNop(bytes, template.jumpOver));
    return fields && returnsAt(bytes, size, address) && isBlank(bytes, pointer + Long.BYTES);
  }

  private static boolean isIn(int at, int start, int length) {
    return at >= start && at < start + length;
  }

  private static boolean isShortNop(byte[] bytes, int at) {
    return bytes[at] == 0x66 && bytes[at + 1] == (byte) 0x90;
  }

  /** The end: RET, or the jump to this boot's return thunk. */
  private boolean returnsAt(byte[] bytes, int at, long address) {
    if (returns.jumpsAt(address + at)) {
      return bytes[at] == JUMP
          && address + at + RETURN_SLOT + Bytes.intAt(bytes, at + 1)
              == text.addressOf(returns.thunk());
    }
    int rest = Bytes.intAt(bytes, at + 1);
    return bytes[at] == (byte) 0xc3 && (rest == 0xcc || rest == 0 || rest == 0xcccccccc);
  }

  private static boolean isBlank(byte[] bytes, int from) {
    byte fill = bytes[from];
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] != fill) {
        return false;
      }
    }
    return fill == 0 || fill == (byte) 0xcc;
  }

  private Optional<Trampoline> byOps(byte[] bytes, long address, Template template, boolean idle) {
    long ops = Bytes.longAt(bytes, template.size + RETURN_SLOT);
    OptionalLong function = words.longAt(ops);
    if (function.isEmpty() && words.isWithheld(ops)) {
      text.unreadAt(String.format("the owner of a tracer cannot be read: %#x", ops), ops);
    }
    if (function.isEmpty() || !text.isTrustedAddress(function.getAsLong())) {
      return Optional.empty();
    }
    long called = address + template.call + RETURN_SLOT + Bytes.intAt(bytes, template.call + 1);
    // ftrace_ops_get_func: the function itself, or the one that guards against recursion.
    boolean guarded =
        text.layout().names().isNamed(text.offsetOf(called), "ftrace_ops_assist_func");
    boolean named =
        called == function.getAsLong() || guarded || (idle && text.isTrustedAddress(called));
    if (!named || !leadsBack(ops, address)) {
      return Optional.empty();
    }
    return replacements(ops, function.getAsLong())
        .map(
            replacements ->
                new Trampoline(address, template.name, ops, function.getAsLong(), replacements));
  }

  private Optional<List<Long>> replacements(long ops, long function) {
    return livepatches.isHandler(function) ? livepatches.replacements(ops) : Optional.of(List.of());
  }

  private boolean leadsBack(long ops, long address) {
    for (int word = 1; word < OPS_WORDS; word++) {
      OptionalLong value = words.longAt(ops + (long) word * Long.BYTES);
      if (value.isPresent() && value.getAsLong() == address) {
        return true;
      }
    }
    return false;
  }
}
