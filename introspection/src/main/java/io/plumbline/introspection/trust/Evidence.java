package io.plumbline.introspection.trust;

import io.plumbline.introspection.code.CapstoneText;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Translation;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.NamedCode;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Puts places and bytes of a guest into the words of a finding. Capstone is opened when the first
 * instruction is to be shown, because most guests have no finding.
 */
final class Evidence implements AutoCloseable {
  private static final HexFormat SPACED = HexFormat.ofDelimiter(" ");

  private final NamedCode placed;
  private final AddressSpace space;
  private final InstructionDecoder decoder;
  private final boolean wantsText;
  private Optional<CapstoneText> capstone = Optional.empty();
  private boolean opened;

  Evidence(NamedCode placed, AddressSpace space, boolean text) {
    this.placed = placed;
    this.space = space;
    this.decoder = InstructionDecoder.forMode(placed.mode());
    this.wantsText = text;
  }

  /** {@code 0xffffffff81001234 name+0x4}, or the address alone where nobody's code lies. */
  String place(GuestVirtualAddress address) {
    return placed.ownerOf(address.value()).isPresent()
        ? address + " " + placed.nameOf(address.value())
        : address.toString();
  }

  /** {@code kernel}, or the module, whose code holds the address. */
  String owner(GuestVirtualAddress address) {
    return placed.ownerOf(address.value()).orElse("unknown");
  }

  /** The frame behind an address, if it is mapped. */
  Optional<FrameNumber> frame(GuestVirtualAddress address) {
    return space.translate(address) instanceof Translation.Mapped mapped
        ? Optional.of(mapped.frame())
        : Optional.empty();
  }

  /** What the page tables say of an address that should be executable. */
  String mapping(GuestVirtualAddress address) {
    return space.translate(address) instanceof Translation.Mapped mapped
        ? "mapped " + mapped.rights()
        : "not mapped";
  }

  /** Bytes, what they say, and where they lead: the first instruction at {@code address}. */
  String instruction(byte[] code, int offset, long address) {
    long instruction = decoder.decode(code, offset, code.length);
    if (instruction == Instruction.INVALID) {
      return "no instruction";
    }
    int length = Instruction.length(instruction);
    StringBuilder words = new StringBuilder(SPACED.formatHex(code, offset, offset + length));
    capstone()
        .flatMap(text -> text.disassemble(code, offset, offset + length, address))
        .ifPresent(line -> words.append("  ").append(line));
    if (Instruction.flow(instruction).direct()) {
      long target = Instruction.target(code, offset, instruction, address);
      words.append("  -> ").append(place(new GuestVirtualAddress(target)));
    }
    return words.toString();
  }

  /** Where the instruction at {@code address} leads if it says so itself. */
  Optional<GuestVirtualAddress> target(byte[] code, int offset, long address) {
    long instruction = decoder.decode(code, offset, code.length);
    return instruction != Instruction.INVALID && Instruction.flow(instruction).direct()
        ? Optional.of(
            new GuestVirtualAddress(Instruction.target(code, offset, instruction, address)))
        : Optional.empty();
  }

  @Override
  public void close() {
    capstone.ifPresent(CapstoneText::close);
  }

  private Optional<CapstoneText> capstone() {
    if (wantsText && !opened) {
      opened = true;
      capstone = CapstoneText.open(placed.mode());
    }
    return capstone;
  }

  /** {@code IDT[14]} or the register's name. */
  static String nameOf(HardwareRoot root) {
    return root.kind() == HardwareRoot.Kind.IDT_GATE
        ? "IDT[" + root.vector() + "]"
        : root.kind().name();
  }
}
