package io.plumbline.signaturestore.enrol;

import io.plumbline.introspection.code.CapstoneText;
import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.DecoderComparison;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.golden.DecoderDisagreement;
import io.plumbline.introspection.golden.GoldenCode;
import io.plumbline.introspection.golden.GoldenInstruction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Decodes a build's golden code by Capstone as well. Bytes that two decoders read differently are
 * where code could hide, so each such place is kept with the signature.
 */
final class SecondOpinion {
  /** Version 4 of Capstone misreads under 4,000 instructions of any stock kernel. */
  private static final int MOST_KEPT = 10_000;

  private SecondOpinion() {}

  /** Every disagreement; none if Capstone is not on this machine. */
  static List<DecoderDisagreement> on(GoldenCode golden, CodeMode mode) {
    Optional<CapstoneText> opened = CapstoneText.open(mode);
    if (opened.isEmpty()) {
      return List.of();
    }
    try (CapstoneText capstone = opened.get()) {
      InstructionDecoder decoder = InstructionDecoder.forMode(mode);
      List<DecoderDisagreement> disagreements = new ArrayList<>();
      compare(golden.starts().stream(), decoder, capstone, golden.text(), 0, disagreements);
      golden.variants().values().stream()
          .flatMap(List::stream)
          .sorted(GoldenInstruction.BY_PLACE)
          .forEach(
              variant ->
                  compare(
                      IntStream.of(0),
                      decoder,
                      capstone,
                      variant.bytes(),
                      variant.offset(),
                      disagreements));
      return Collections.unmodifiableList(disagreements);
    }
  }

  private static void compare(
      IntStream starts,
      InstructionDecoder decoder,
      CapstoneText capstone,
      byte[] code,
      int offset,
      List<DecoderDisagreement> disagreements) {
    int bound = MOST_KEPT - disagreements.size();
    DecoderComparison.at(starts, decoder, capstone, code, offset, bound).disagreements().stream()
        .map(
            found ->
                new DecoderDisagreement(
                    (int) found.address(), found.bytes(), found.length(), found.capstoneLength()))
        .forEach(disagreements::add);
  }
}
