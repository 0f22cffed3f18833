package io.plumbline.introspection.golden;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.image.BuildName;

/**
 * What good looks like for one build. Immutable; one copy serves every guest of a process.
 *
 * <p>A build is known in one of two ways: from guests that are known to be good, as far as their
 * code was executed; or from its distribution's package, to the last byte.
 */
public sealed interface KernelSignature permits EnrolledSignature, PackageSignature {
  /** Content address of the file it was read from. */
  SignatureId id();

  /** What people call the build. */
  BuildName name();

  /** How its code is decoded. */
  CodeMode mode();

  /** Linear address of offset 0 where slides count from. */
  long base();

  /**
   * Canonical digests of the build's functions, ascending as signed numbers, for the shortlist
   * only.
   */
  long[] functionDigests();

  /** The same under the id that its file gives it. */
  KernelSignature named(SignatureId content);
}
