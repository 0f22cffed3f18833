package io.plumbline.introspection.bench;

import java.util.OptionalDouble;

/**
 * What one run measured; every number is the median of its rounds.
 *
 * @param rounds measured, each of which did everything once, one thing after the other
 * @param sweptBytes of kernel text that the decoder and Capstone went through from end to end
 * @param decoderRate instructions per second of the decoder over the swept bytes
 * @param explorationRate instructions per second of exploring all roots alone
 * @param traversalRate instructions per second of exploring and measuring all roots
 * @param capstoneRate instructions per second of Capstone over the swept bytes; empty without it
 * @param decoderRatio the decoder's rate over Capstone's in the same round
 * @param explorationRatio the exploration's rate over Capstone's in the same round
 * @param traversalRatio the traversal's rate over Capstone's in the same round
 * @param entryInstructions that the one entry reaches
 * @param rootInstructions that all roots reach
 * @param phases of a guest that was never seen before
 */
public record BenchmarkResult(
    int rounds,
    long sweptBytes,
    double decoderRate,
    double explorationRate,
    double traversalRate,
    OptionalDouble capstoneRate,
    OptionalDouble decoderRatio,
    OptionalDouble explorationRatio,
    OptionalDouble traversalRatio,
    long entryInstructions,
    long rootInstructions,
    Phases phases) {
  /**
   * Seconds of each phase.
   *
   * @param read page tables, executable memory and hardware roots
   * @param entryClosure exploring and measuring what one IDT entry reaches
   * @param allRoots exploring and measuring what all roots reach
   * @param identify comparing the entry's closure with the builds
   * @param verify exploring through valid code and comparing roots and pointer tables
   */
  public record Phases(
      double read, double entryClosure, double allRoots, double identify, double verify) {}
}
