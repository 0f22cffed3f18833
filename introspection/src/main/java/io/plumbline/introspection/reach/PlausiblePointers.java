package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import java.util.Optional;

/**
 * Checks pointers of a kernel that nobody knows: a function begins where a compiler aligns one, and
 * its first instructions are instructions and no filler. Where data ends is not known.
 */
public final class PlausiblePointers implements PointerRule {
  /** Instructions that have to be some; short functions end before. */
  private static final int FIRST = 8;

  private static final int ALIGNMENT = 16;
  private static final byte INT3 = (byte) 0xcc;

  private final GuestKernel kernel;
  private final InstructionDecoder decoder;

  public PlausiblePointers(GuestKernel kernel) {
    this.kernel = kernel;
    this.decoder = InstructionDecoder.forMode(kernel.mode());
  }

  @Override
  public Target check(long address) {
    Optional<CodeRegion> region = kernel.code().regionAt(address);
    return (address & ALIGNMENT - 1) == 0
            && region.isPresent()
            && begins(region.get(), region.get().offsetOf(address))
        ? Target.FUNCTION
        : Target.INSIDE;
  }

  private boolean begins(CodeRegion region, int offset) {
    byte[] code = region.bytes(offset, offset + FIRST * InstructionDecoder.MAXIMUM_LENGTH);
    int length = region.length();
    int at = offset;
    if (code[at] == INT3 || (code[at] == 0 && at + 1 < length && code[at + 1] == 0)) {
      return false;
    }
    for (int i = 0; i < FIRST; i++) {
      long instruction = decoder.decode(code, at, length);
      if (instruction == Instruction.INVALID) {
        return false;
      }
      if (!Instruction.flow(instruction).fallsThrough()) {
        return true;
      }
      at += Instruction.length(instruction);
    }
    return true;
  }

  @Override
  public long startOf(long address) {
    return address;
  }

  @Override
  public long endOf(long address) {
    return address;
  }
}
