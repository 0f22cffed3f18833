package io.plumbline.introspection.drill;

import io.plumbline.introspection.code.ControlFlow;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.SiteIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** The untouched code of a guest's kernel, to find places in it. */
final class KernelCode {
  private final PlacedImage placed;
  private final ImageLayout layout;
  private final byte[] code;
  private final InstructionDecoder decoder;

  /**
   * One instruction.
   *
   * @param target where it leads if its flow is direct; else 0
   * @param filler a NOP, or INT3
   */
  record Step(long address, int length, ControlFlow flow, long target, boolean filler) {
    long end() {
      return address + length;
    }
  }

  KernelCode(Subject subject) {
    this.placed = subject.placed();
    this.layout = placed.verifier().layout();
    this.code = subject.code();
    this.decoder = InstructionDecoder.forMode(placed.mode());
  }

  /** The address of a symbol. */
  OptionalLong find(String name) {
    OptionalLong offset = layout.names().find(name);
    return offset.isPresent()
        ? OptionalLong.of(placed.addressOf(offset.getAsLong()))
        : OptionalLong.empty();
  }

  /**
   * The address of a symbol.
   *
   * @throws NoPlaceException if the kernel has none of that name
   */
  long required(String name) {
    return find(name).orElseThrow(() -> new NoPlaceException("this kernel has no symbol " + name));
  }

  /** The addresses of those of several functions that the kernel has. */
  List<Long> functions(String... names) {
    return Stream.of(names).map(this::find).flatMap(at -> at.stream().boxed()).toList();
  }

  /** The address of the next symbol after the one at {@code address}. */
  long next(long address) {
    ImageSymbols symbols = layout.names().symbols();
    long offset = placed.offsetOf(address);
    int at = symbols.indexAtOrBefore(offset) + 1;
    return at < symbols.size() ? placed.addressOf(symbols.offsets()[at]) : address;
  }

  /** The instructions of a function, filler up to the next symbol included. */
  List<Step> steps(long function) {
    List<Step> steps = new ArrayList<>();
    long end = Math.min(next(function), placed.addressOf(layout.textBytes()));
    long at = function;
    while (at < end) {
      int place = place(at);
      long instruction = decoder.decode(code, place, layout.textBytes());
      if (instruction == Instruction.INVALID) {
        return steps;
      }
      ControlFlow flow = Instruction.flow(instruction);
      int length = Instruction.length(instruction);
      long target = flow.direct() ? Instruction.target(code, place, instruction, at) : 0;
      boolean filler = Instruction.nop(instruction) || code[place] == (byte) 0xcc;
      steps.add(new Step(at, length, flow, target, filler));
      at += length;
    }
    return steps;
  }

  /** The first byte of the instruction that the byte at an address of the text belongs to. */
  long instructionAt(long address) {
    return placed.addressOf(layout.offsetOf(placed.instructionAt(code, place(address))));
  }

  /** The patch site that holds an address of the text. */
  Optional<SiteIndex> site(long address) {
    return placed.verifier().rules().siteAt(place(address));
  }

  /** Whether the kernel itself rewrites none of these bytes of the text. */
  boolean isPlain(long address, int length) {
    for (int i = 0; i < length; i++) {
      if (site(address + i).isPresent()) {
        return false;
      }
    }
    return true;
  }

  /** Whether these bytes of the text are a site of one mechanism and of no other. */
  boolean isOnly(String mechanism, long address, int length) {
    List<SiteIndex> others =
        placed.verifier().rules().indexes().stream()
            .filter(index -> !index.mechanism().equals(mechanism))
            .toList();
    for (int i = 0; i < length; i++) {
      int place = place(address + i);
      boolean shared = others.stream().anyMatch(index -> index.endAt(place) > place);
      if (shared || site(address + i).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** Whether a function of the kernel begins at an address. */
  boolean isFunction(long address) {
    return layout.names().isEntry(placed.offsetOf(address));
  }

  /** What the guest has at an address of text or read-only data. */
  byte[] bytes(long address, int length) {
    int place = place(address);
    return Arrays.copyOfRange(code, place, place + length);
  }

  /** The index in the layout of an address of text or read-only data. */
  int place(long address) {
    int place = layout.placeOf(placed.offsetOf(address));
    if (place < 0 || place >= layout.verifiedBytes()) {
      throw new NoPlaceException(
          String.format("%#x is neither text nor read-only data of the kernel", address));
    }
    return place;
  }
}
