package io.plumbline.flinkjobs.state;

import io.plumbline.introspection.identify.Identity;

/**
 * Which kernel a VM runs, for the identities topic. What is not known is null.
 *
 * @param vector the IDT vector that identified it
 * @param slide bytes above the signature's base
 * @param distance functions that differ from the build
 * @param runnerUpDistance functions that differ from the second-nearest build
 * @param reason why there is no better identity; empty if it is exact
 */
public record IdentityRecord(
    RoundStamp at,
    Identity.State state,
    String os,
    String build,
    String version,
    String signature,
    Integer vector,
    Long slide,
    Integer distance,
    String runnerUpBuild,
    Integer runnerUpDistance,
    String reason) {
  /** The same identity as of another round. */
  public IdentityRecord asOf(RoundStamp other) {
    return new IdentityRecord(
        other,
        state,
        os,
        build,
        version,
        signature,
        vector,
        slide,
        distance,
        runnerUpBuild,
        runnerUpDistance,
        reason);
  }
}
