package io.plumbline.introspection.identify;

import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.BuildName;
import java.util.Locale;
import java.util.Optional;

/**
 * Which build a guest runs.
 *
 * @param build the nearest enrolled build; empty if the state is {@link State#UNKNOWN}
 * @param signature the id of its signature; empty if the state is {@link State#UNKNOWN}
 * @param vector the IDT vector whose closure named the build
 * @param slide bytes by which the guest's kernel lies above the base the signature counts from
 * @param distance functions of the vector's closure that the build does not have
 */
public record Identity(
    State state,
    Optional<BuildName> build,
    Optional<SignatureId> signature,
    int vector,
    long slide,
    int distance,
    Optional<RunnerUp> runnerUp) {
  /** How sure the identity is. */
  public enum State {
    /** The build explains everything that was compared. */
    EXACT,
    /** The closest build, which does not explain everything. */
    NEAREST,
    /** No enrolled build is close. */
    UNKNOWN;

    /** The name used in JSON and on topics. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The second-nearest build and its distance in functions. */
  public record RunnerUp(BuildName build, int distance) {}

  /** No enrolled build is close to what {@code vector} leads to. */
  public static Identity unknown(int vector) {
    return new Identity(
        State.UNKNOWN, Optional.empty(), Optional.empty(), vector, 0, 0, Optional.empty());
  }
}
