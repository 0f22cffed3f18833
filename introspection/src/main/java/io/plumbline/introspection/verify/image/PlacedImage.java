package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.NamedCode;
import io.plumbline.introspection.verify.RootCheck;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A package's image where one guest has it.
 *
 * @param verifier of the image
 * @param slide bytes between where the image is linked and where the guest has it
 */
public record PlacedImage(ImageVerifier verifier, long slide) implements NamedCode {
  /** How far back a function's beginning is looked for, to find where instructions begin. */
  private static final int LONGEST_FUNCTION = 1 << 18;

  private ImageLayout layout() {
    return verifier.layout();
  }

  @Override
  public CodeMode mode() {
    return layout().image().mode();
  }

  @Override
  public long offsetOf(long address) {
    return address - layout().base() - slide;
  }

  @Override
  public long addressOf(long offset) {
    return layout().base() + slide + offset;
  }

  @Override
  public String nameOf(long address) {
    return holds(address)
        ? layout().names().nameOf(offsetOf(address))
        : String.format("0x%016x", address);
  }

  @Override
  public boolean contains(long address) {
    long offset = offsetOf(address);
    return offset >= 0 && offset < layout().textBytes();
  }

  /** Whether {@code address} lies in what the image takes of memory, its data included. */
  public boolean holds(long address) {
    long offset = offsetOf(address);
    return offset >= 0 && offset < layout().end();
  }

  /** Whether the byte at {@code address} is one of those that are compared with the image's. */
  public boolean isVerified(long address) {
    int place = holds(address) ? layout().placeOf(offsetOf(address)) : -1;
    return place >= 0 && place < layout().verifiedBytes();
  }

  /** Holds the hardware roots against the image's entries. */
  public RootCheck roots(GuestKernel kernel) {
    return RootCheck.of(kernel, this::targets);
  }

  private SortedSet<Long> targets(HardwareRoot root) {
    SortedSet<Long> addresses = new TreeSet<>();
    verifier
        .entries()
        .of(root.kind(), root.vector())
        .forEach(offset -> addresses.add(addressOf(offset)));
    return addresses;
  }

  /**
   * The first byte of the instruction that the byte at {@code place} of the text belongs to.
   *
   * @param code the text as it should be; instructions are counted from the function's beginning
   */
  public int instructionAt(byte[] code, int place) {
    InstructionDecoder decoder = InstructionDecoder.forMode(mode());
    int at = layout().names().entryAtOrBefore(place);
    if (at < 0 || place - at > LONGEST_FUNCTION) {
      return place;
    }
    while (true) {
      long instruction = decoder.decode(code, at, layout().textBytes());
      int next = at + (instruction == Instruction.INVALID ? 1 : Instruction.length(instruction));
      if (next > place) {
        return at;
      }
      at = next;
    }
  }
}
