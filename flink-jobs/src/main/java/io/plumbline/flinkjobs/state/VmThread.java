package io.plumbline.flinkjobs.state;

/**
 * The thread of one VM's observations.
 *
 * @param epoch the newest collector epoch seen
 * @param nextSequence the sequence number that continues the thread
 * @param round the round that {@code phase} is about
 * @param roundStart sequence number of the round's first record
 * @param framesChanged page changes of the round so far
 * @param framesWithdrawn withdrawn frames of the round so far
 * @param changed pages or registers differ from what was last judged
 * @param capturedAtMicros when the guest was in the state of {@code round}, microseconds since
 *     1970-01-01T00:00Z
 * @param reportedEpoch the newest superseded epoch whose collector was reported; -1 if none was
 * @param awaitsSignature the last verdict did without a signature that could not be read, and that
 *     is tried again
 * @param roundsWaiting complete rounds since the last verdict that ask for one
 */
public record VmThread(
    long epoch,
    long nextSequence,
    Phase phase,
    long round,
    long roundStart,
    long framesChanged,
    long framesWithdrawn,
    boolean changed,
    long capturedAtMicros,
    long reportedEpoch,
    boolean awaitsSignature,
    int roundsWaiting) {
  /** A VM of which nothing was seen before this epoch. */
  public static VmThread of(long epoch, long nextSequence, Phase phase) {
    return new VmThread(epoch, nextSequence, phase, 0, 0, 0, 0, true, 0, -1, false, 0);
  }

  /** Which round of the VM it is in. */
  public RoundStamp stamp(String vmId) {
    return new RoundStamp(vmId, epoch, round, capturedAtMicros);
  }

  /** The same thread, one record further and in another phase. */
  public VmThread advancedTo(long sequence, Phase next) {
    return new VmThread(
        epoch,
        sequence,
        next,
        round,
        roundStart,
        framesChanged,
        framesWithdrawn,
        changed,
        capturedAtMicros,
        reportedEpoch,
        awaitsSignature,
        roundsWaiting);
  }

  /** Inside the round that {@code first} begins. */
  public VmThread inRoundOf(VmObservation first) {
    return new VmThread(
        epoch,
        first.sequence() + 1,
        Phase.IN_ROUND,
        first.round(),
        first.sequence(),
        0,
        0,
        changed || first.snapshot(),
        first.capturedAtMicros(),
        reportedEpoch,
        awaitsSignature,
        roundsWaiting);
  }

  /** With the frames of {@code pages} counted. */
  public VmThread counting(VmObservation pages) {
    return new VmThread(
        epoch,
        pages.sequence() + 1,
        phase,
        round,
        roundStart,
        framesChanged + pages.pages().size(),
        framesWithdrawn + pages.withdrawn().length,
        changed,
        capturedAtMicros,
        reportedEpoch,
        awaitsSignature,
        roundsWaiting);
  }

  /** With a change noted, or with everything judged. */
  public VmThread withChanged(boolean now) {
    return new VmThread(
        epoch,
        nextSequence,
        phase,
        round,
        roundStart,
        framesChanged,
        framesWithdrawn,
        now,
        capturedAtMicros,
        reportedEpoch,
        awaitsSignature,
        roundsWaiting);
  }

  /** With a superseded collector reported. */
  public VmThread withReportedEpoch(long superseded) {
    return new VmThread(
        epoch,
        nextSequence,
        phase,
        round,
        roundStart,
        framesChanged,
        framesWithdrawn,
        changed,
        capturedAtMicros,
        superseded,
        awaitsSignature,
        roundsWaiting);
  }

  /** With a signature awaited, or none. */
  public VmThread withAwaitsSignature(boolean now) {
    return new VmThread(
        epoch,
        nextSequence,
        phase,
        round,
        roundStart,
        framesChanged,
        framesWithdrawn,
        changed,
        capturedAtMicros,
        reportedEpoch,
        now,
        roundsWaiting);
  }

  /** With this many complete rounds that ask for a verdict. */
  public VmThread withRoundsWaiting(int rounds) {
    return new VmThread(
        epoch,
        nextSequence,
        phase,
        round,
        roundStart,
        framesChanged,
        framesWithdrawn,
        changed,
        capturedAtMicros,
        reportedEpoch,
        awaitsSignature,
        rounds);
  }
}
