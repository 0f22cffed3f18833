package io.plumbline.introspection.code;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where the decoder and Capstone disagree about the length of an instruction. A disagreement is a
 * fact about the pair, not a fault of the code: it is kept with a signature so that somebody can
 * look at it, because bytes that two decoders read differently are where code hides.
 *
 * @param compared instructions that both decoders were asked about
 * @param total all disagreements; {@code disagreements} holds the first of them
 */
public record DecoderComparison(long compared, long total, List<Disagreement> disagreements) {

  /**
   * One instruction that the two read differently.
   *
   * @param address of the first byte, in the guest
   * @param bytes in hexadecimal: as many as the longer reading takes, at least one
   * @param length by the decoder; 0 means not an instruction
   * @param capstoneLength by Capstone; 0 means not an instruction
   */
  public record Disagreement(long address, String bytes, int length, int capstoneLength) {
    @Override
    public String toString() {
      return String.format(
          "0x%x %s: decoder %d, Capstone %d", address, bytes, length, capstoneLength);
    }
  }

  public DecoderComparison {
    disagreements = List.copyOf(disagreements);
  }

  /**
   * Compares from the first byte to the last, each time going on where the decoder says that the
   * instruction ends (one byte on if it says that there is none).
   *
   * @param address of {@code code[0]} in the guest
   * @param bound how many disagreements are kept; all are counted
   */
  public static DecoderComparison linear(
      InstructionDecoder decoder, CapstoneText capstone, byte[] code, long address, int bound) {
    Comparing comparing = new Comparing(decoder, capstone, code, address, bound);
    int at = 0;
    while (at < code.length) {
      at += Math.max(1, comparing.compareAt(at));
    }
    return comparing.result();
  }

  /** Compares only the instructions that begin at {@code starts}, which are offsets in the code. */
  public static DecoderComparison at(
      IntStream starts,
      InstructionDecoder decoder,
      CapstoneText capstone,
      byte[] code,
      long address,
      int bound) {
    Comparing comparing = new Comparing(decoder, capstone, code, address, bound);
    starts.forEach(comparing::compareAt);
    return comparing.result();
  }

  private static final class Comparing {
    private final InstructionDecoder decoder;
    private final CapstoneText capstone;
    private final byte[] code;
    private final long address;
    private final int bound;
    private final List<Disagreement> disagreements = new ArrayList<>();
    private long compared;
    private long total;

    Comparing(
        InstructionDecoder decoder, CapstoneText capstone, byte[] code, long address, int bound) {
      this.decoder = decoder;
      this.capstone = capstone;
      this.code = code;
      this.address = address;
      this.bound = bound;
    }

    /** The decoder's length. */
    int compareAt(int offset) {
      int length = Instruction.length(decoder.decode(code, offset, code.length));
      int capstoneLength = capstone.length(code, offset, code.length);
      compared++;
      if (length != capstoneLength) {
        total++;
        if (disagreements.size() < bound) {
          int shown = Math.max(1, Math.max(length, capstoneLength));
          String bytes = HexFormat.of().formatHex(code, offset, offset + shown);
          disagreements.add(new Disagreement(address + offset, bytes, length, capstoneLength));
        }
      }
      return length;
    }

    DecoderComparison result() {
      return new DecoderComparison(compared, total, disagreements);
    }
  }
}
