package io.plumbline.introspection.golden;

import java.util.regex.Pattern;

/**
 * The content address of a signature: the SHA-256 of its file.
 *
 * @param value {@code sha256:} and 64 lower-case hex digits
 */
public record SignatureId(String value) {
  private static final Pattern FORM = Pattern.compile("sha256:[0-9a-f]{64}");

  public SignatureId {
    if (!FORM.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "signature id: expected sha256: and 64 hex digits, found " + value);
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
