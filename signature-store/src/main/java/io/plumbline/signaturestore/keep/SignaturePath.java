package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.SignatureId;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a signature's file lies below the root of a store: {@code sha256/ab/cdef….plsig}, with
 * slashes on every system, so that a store can be copied to any file system as it is.
 */
public final class SignaturePath {
  static final String SUFFIX = ".plsig";
  private static final Pattern FORM =
      Pattern.compile("sha256/([0-9a-f]{2})/([0-9a-f]{62})\\" + SUFFIX);
  private static final String ALGORITHM = "sha256:";

  private SignaturePath() {}

  /** The path of {@code id}, relative to the root. */
  public static String of(SignatureId id) {
    String hex = id.value().substring(ALGORITHM.length());
    return "sha256/" + hex.substring(0, 2) + "/" + hex.substring(2) + SUFFIX;
  }

  /** The signature that lies at {@code path} below the root, if signatures lie there at all. */
  static Optional<SignatureId> idAt(String path) {
    Matcher matcher = FORM.matcher(path);
    return matcher.matches()
        ? Optional.of(new SignatureId(ALGORITHM + matcher.group(1) + matcher.group(2)))
        : Optional.empty();
  }
}
