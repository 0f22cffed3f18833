package io.plumbline.flinkjobs.state;

/**
 * What a capture boundary says the round held, so that whoever has read it knows whether all
 * arrived.
 *
 * @param firstSequence sequence number of the round's first record
 * @param framesChanged page changes over all the round's records
 * @param framesWithdrawn withdrawn frames over all the round's records
 */
public record RoundCounts(long firstSequence, long framesChanged, long framesWithdrawn) {}
