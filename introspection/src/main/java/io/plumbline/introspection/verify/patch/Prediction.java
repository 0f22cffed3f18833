package io.plumbline.introspection.verify.patch;

/**
 * What the text of one guest was predicted by, for guests whose text is the same: the boot decided
 * the same there, by as many sites. Immutable by contract; for any thread.
 */
public final class Prediction {
  private final BootFacts facts;
  private final BootVotes votes;
  private final int seal;

  Prediction(BootFacts facts, BootVotes votes, int seal) {
    this.facts = facts;
    this.votes = votes.copy();
    this.seal = seal;
  }

  /** What the boot decided; constants are each guest's own. */
  BootFacts facts() {
    return facts;
  }

  /** By how much, for one guest to be kept up with. */
  BootVotes votes() {
    return votes.copy();
  }

  int seal() {
    return seal;
  }
}
