package io.plumbline.introspection.verify;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.FieldRule;
import io.plumbline.introspection.golden.FieldTable;
import io.plumbline.introspection.golden.GoldenCode;
import io.plumbline.introspection.golden.GoldenInstruction;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * A build's golden code as it reads at one slide: relocated once, then compared byte by byte.
 *
 * <p>Two differences are none. LOCK and the DS prefix stand for each other, because kernels swap
 * them by the number of processors. And bytes inside a golden NOP may be cut into NOPs of other
 * lengths, because kernels choose them by the processor's model; a NOP in the place of anything
 * else is a difference like any other.
 */
public final class PlacedCode implements NamedCode {
  private static final int LOCK = 0xf0;
  private static final int DS = 0x3e;
  private final EnrolledSignature signature;
  private final GoldenCode golden;
  private final InstructionDecoder decoder;
  private final long slide;
  private final byte[] text;
  private final BitSet free = new BitSet();

  /** The code of {@code signature} with its base moved up by {@code slide} bytes. */
  public PlacedCode(EnrolledSignature signature, long slide) {
    this.signature = signature;
    this.golden = signature.code();
    this.decoder = InstructionDecoder.forMode(signature.mode());
    this.slide = slide;
    this.text = golden.text().clone();
    FieldTable fields = golden.fields();
    for (int i = 0; i < fields.size(); i++) {
      int at = fields.offsets()[i];
      FieldRule rule = fields.rules()[i];
      if (rule.free()) {
        free.set(at, at + rule.size());
      } else {
        rule.move(text, at, slide);
      }
    }
  }

  /** The build. */
  public EnrolledSignature signature() {
    return signature;
  }

  /** Bytes by which the guest's base lies above the signature's. */
  public long slide() {
    return slide;
  }

  @Override
  public CodeMode mode() {
    return signature.mode();
  }

  @Override
  public long offsetOf(long address) {
    return address - signature.base() - slide;
  }

  @Override
  public long addressOf(long offset) {
    return signature.base() + slide + offset;
  }

  @Override
  public String nameOf(long address) {
    long offset = offsetOf(address);
    boolean near = offset == (int) offset && Math.abs(offset) < 2L * text.length;
    return near ? signature.symbols().nameOf((int) offset) : String.format("0x%016x", address);
  }

  @Override
  public boolean contains(long address) {
    long offset = offsetOf(address);
    return offset >= 0 && offset < text.length;
  }

  /**
   * Whether the build may hold this instruction at {@code offset} from its base.
   *
   * @param length of the instruction, 1 to 15; 0 for bytes that are none, which is right only where
   *     the build has no instruction either
   */
  public boolean explains(byte[] code, int start, int length, long offset) {
    if (offset < 0 || offset > text.length - length) {
      return false;
    }
    int place = (int) offset;
    if (length == 0) {
      return !golden.knows(place);
    }
    if (golden.starts().get(place) && sameBytes(code, start, length, place)) {
      return true;
    }
    List<GoldenInstruction> variants = golden.variants().get(place);
    if (variants != null) {
      for (GoldenInstruction variant : variants) {
        if (variant.matches(code, start, length, slide)) {
          return true;
        }
      }
    }
    return insideGoldenNops(code, start, length, place);
  }

  /**
   * What the build holds at {@code offset}, {@code length} bytes of it; empty if it is not known.
   */
  public Optional<byte[]> expectedAt(long offset, int length) {
    if (offset < 0 || offset > text.length - length || !golden.knows((int) offset)) {
      return Optional.empty();
    }
    return Optional.of(Arrays.copyOfRange(text, (int) offset, (int) offset + length));
  }

  private boolean sameBytes(byte[] code, int start, int length, int place) {
    int mismatch = Arrays.mismatch(code, start, start + length, text, place, place + length);
    if (mismatch < 0) {
      return true;
    }
    if (mismatch == 0 && lockForDs(code[start] & 0xff, text[place] & 0xff)) {
      mismatch = 1;
    }
    for (int i = mismatch; i < length; i++) {
      if (code[start + i] != text[place + i] && !free.get(place + i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean lockForDs(int found, int expected) {
    return (found == LOCK && expected == DS) || (found == DS && expected == LOCK);
  }

  /** Every byte of this NOP belongs to a NOP of the build. */
  private boolean insideGoldenNops(byte[] code, int start, int length, int place) {
    if (!Instruction.nop(decoder.decode(code, start, start + length))) {
      return false;
    }
    for (int i = place; i < place + length; i++) {
      if (!coveredByGoldenNop(i)) {
        return false;
      }
    }
    return true;
  }

  private boolean coveredByGoldenNop(int place) {
    for (int at = place; at >= Math.max(0, place - InstructionDecoder.MAXIMUM_LENGTH + 1); at--) {
      if (golden.starts().get(at) && nopReaches(text, at, text.length, place - at)) {
        return true;
      }
      for (GoldenInstruction variant : golden.variants().getOrDefault(at, List.of())) {
        if (nopReaches(variant.bytes(), 0, variant.bytes().length, place - at)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean nopReaches(byte[] code, int at, int limit, int distance) {
    long instruction = decoder.decode(code, at, limit);
    return Instruction.nop(instruction) && Instruction.length(instruction) > distance;
  }
}
