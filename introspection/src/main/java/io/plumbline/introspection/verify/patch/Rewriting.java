package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.InstructionDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.LongPredicate;

/**
 * One guest's text on its way from the image to what the guest should hold. Each mechanism reads
 * what the guest shows, decides, and rewrites {@link #expected()}; nothing is ever copied from the
 * guest without a rule that it satisfies.
 */
public final class Rewriting {
  static final byte CALL = (byte) 0xe8;
  static final byte JUMP_32 = (byte) 0xe9;
  static final byte JUMP_8 = (byte) 0xeb;
  static final byte RETURN = (byte) 0xc3;
  static final byte INT3 = (byte) 0xcc;
  static final int CALL_BYTES = 5;

  private final ImageLayout layout;
  private final Optional<Rewriting> kernel;
  private final long slide;

  /** Null once they were given back. */
  private TextBytes bytes;

  private final GuestWords words;
  private final LongPredicate trustedElsewhere;
  private final Map<Long, Long> directCalls = new HashMap<>();
  private final List<DataFault> faults = new ArrayList<>();
  private final List<String> blindSpots = new ArrayList<>();
  private boolean withheld;
  private OptionalInt seal = OptionalInt.empty();
  private final InstructionDecoder decoder = InstructionDecoder.forMode(CodeMode.LONG_64);

  /**
   * The kernel's text.
   *
   * @param bytes the relocated image, in the layout's places; rewritten here. And what the guest
   *     holds, in the same places up to the layout's verified bytes
   * @param trustedElsewhere whether a function of another trusted owner begins at an address
   */
  public Rewriting(
      ImageLayout layout,
      long slide,
      TextBytes bytes,
      GuestWords words,
      LongPredicate trustedElsewhere) {
    this.layout = layout;
    this.kernel = Optional.empty();
    this.slide = slide;
    this.bytes = bytes;
    this.words = words;
    this.trustedElsewhere = trustedElsewhere;
  }

  /**
   * The text of a module that the same guest loaded.
   *
   * @param layout of the module in this guest
   * @param kernel whose text is rewritten already
   * @param guest what the guest holds, in the layout's places
   */
  public Rewriting(ImageLayout layout, Rewriting kernel, byte[] guest) {
    this.layout = layout;
    this.kernel = Optional.of(kernel);
    this.slide = kernel.slide;
    this.bytes = new TextBytes.Whole(layout.golden().clone(), guest);
    this.words = kernel.words;
    this.trustedElsewhere = kernel.trustedElsewhere;
  }

  public ImageLayout layout() {
    return layout;
  }

  /** The kernel's text; of the kernel itself this one. */
  Rewriting kernel() {
    return kernel.orElse(this);
  }

  /** Whether this is a module's text. */
  boolean isModule() {
    return kernel.isPresent();
  }

  /** What the guest should hold, as far as the mechanisms that ran say. */
  public byte[] expected() {
    return expected(0, layout.verifiedBytes());
  }

  /** The same, where only what lies between two places is asked for. */
  public byte[] expected(int from, int to) {
    return there().expected(from, to);
  }

  /** What the guest holds. */
  public byte[] guest() {
    return guest(0, layout.verifiedBytes());
  }

  /** The same, where only what lies between two places is asked for. */
  public byte[] guest(int from, int to) {
    return there().guest(from, to);
  }

  /** Gives back both: what was predicted stands, and its bytes cannot be asked for any more. */
  public void giveBack() {
    bytes = null;
  }

  private TextBytes there() {
    if (bytes == null) {
      throw new IllegalStateException("the text's bytes were given back");
    }
    return bytes;
  }

  InstructionDecoder decoder() {
    return decoder;
  }

  /** Whether the byte at {@code place} is one that a guest holds; replacements are not. */
  boolean inGuest(int place) {
    return place < layout.textBytes();
  }

  /** Linear address in the guest of what the image has at {@code offset}. */
  public long addressOf(long offset) {
    return layout.base() + slide + offset;
  }

  /** The inverse of {@link #addressOf}. */
  public long offsetOf(long address) {
    return address - layout.base() - slide;
  }

  /** Where a 32-bit distance at {@code field} leads that counts from the end of the field. */
  long target(byte[] code, int field) {
    return layout.offsetOf(field) + (long) Integer.BYTES + Bytes.intAt(code, field);
  }

  /** Writes a call or jump to {@code target} at {@code place}. */
  void putBranch(int place, byte opcode, long target) {
    expected(place, place + CALL_BYTES)[place] = opcode;
    putDistance(place + 1, target);
  }

  void putDistance(int field, long target) {
    byte[] code = expected(field, field + Integer.BYTES);
    Bytes.putInt(code, field, (int) (target - layout.offsetOf(field) - Integer.BYTES));
  }

  /** The 64-bit number in the guest's data at the image's {@code offset}. */
  OptionalLong word(long offset) {
    return words.longAt(addressOf(offset));
  }

  /**
   * The word of a static key or call at the image's {@code offset}, of which the kernel's text is
   * kept up with.
   */
  OptionalLong keyWord(long offset) {
    return isModule() ? word(offset) : words.keyAt(addressOf(offset));
  }

  /** The same of a word that a constant in the text is judged by. */
  OptionalLong constantWord(long offset) {
    return words.constantAt(addressOf(offset));
  }

  /** The same at a linear address. */
  OptionalLong constantWordAt(long address) {
    return words.constantAt(address);
  }

  /** The 64-bit number at a linear address of the guest. */
  OptionalLong wordAt(long address) {
    return words.longAt(address);
  }

  /**
   * The function, as an offset, that the guest's pointer at {@code pointer} names. What is not a
   * trusted function's beginning is reported, and the image's own pointer is given instead, so that
   * code that follows the lie does not match either.
   */
  long trustedFunction(long pointer, String what) {
    return trustedFunction(pointer, word(pointer), what);
  }

  /** {@link #trustedFunction} of a static call's key. */
  long calledFunction(long key) {
    return trustedFunction(key, keyWord(key), "function of a static call");
  }

  private long trustedFunction(long pointer, OptionalLong read, String what) {
    long linked = layout.imageLong(pointer);
    long initial = linked == 0 ? 0 : linked - layout.base();
    if (read.isEmpty()) {
      unread(what + " cannot be read", pointer);
      return isNoFunction(linked) ? NO_FUNCTION : initial;
    }
    if (read.getAsLong() == 0) {
      return NO_FUNCTION;
    }
    long target = offsetOf(read.getAsLong());
    if (isTrusted(target)) {
      return target;
    }
    faults.add(
        new DataFault(
            addressOf(pointer),
            layout.names().nameOf(pointer),
            what,
            isNoFunction(linked) ? 0 : addressOf(initial),
            read.getAsLong()));
    return isNoFunction(linked) ? NO_FUNCTION : initial;
  }

  /** What {@link #trustedFunction} gives for a null pointer. */
  static final long NO_FUNCTION = Long.MIN_VALUE;

  /** {@link #trustedFunction} for pointers that many sites use: read and judged once. */
  long directCallTarget(long pointer) {
    return directCalls.computeIfAbsent(pointer, at -> trustedFunction(at, "target of a call"));
  }

  private static boolean isNoFunction(long linked) {
    return linked == 0;
  }

  /** Whether a trusted function begins at {@code offset}. */
  boolean isTrusted(long offset) {
    return layout.names().isEntry(offset) || trustedElsewhere.test(addressOf(offset));
  }

  /** Whether a trusted function begins at a linear address. */
  public boolean isTrustedAddress(long address) {
    return isTrusted(offsetOf(address));
  }

  /** What the kernel has in place of ENDBR64; empty until that was told. */
  OptionalInt seal() {
    return seal;
  }

  /** Takes note of {@link #seal}. */
  void sealIs(int value) {
    seal = OptionalInt.of(value);
  }

  void fault(DataFault fault) {
    faults.add(fault);
  }

  /** Notes what cannot be told. */
  void blind(String what) {
    blindSpots.add(what);
  }

  /** Notes that the word at the image's {@code offset} could not be read: decided without it. */
  void unread(String what, long offset) {
    unreadAt(what, addressOf(offset));
  }

  /** Notes that the word at a linear address could not be read: decided without it. */
  public void unreadAt(String what, long address) {
    blindSpots.add(what);
    withheld |= words.isWithheld(address);
  }

  /** Whether the guest has data that decides what its text is and that was not handed over. */
  public boolean dataWithheld() {
    return withheld;
  }

  /** How many faults and blind spots there are. */
  public int remarks() {
    return faults.size() + blindSpots.size();
  }

  /** Data of the guest that breaks a rule. */
  public List<DataFault> faults() {
    return List.copyOf(faults);
  }

  /** What could not be read and was decided without. */
  public List<String> blindSpots() {
    return List.copyOf(blindSpots);
  }
}
