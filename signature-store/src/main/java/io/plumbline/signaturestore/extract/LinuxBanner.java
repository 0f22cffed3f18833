package io.plumbline.signaturestore.extract;

import io.plumbline.introspection.golden.image.BuildName;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of Linux's banner (linux_banner in init/version.c, before 6.0 in init/main.c):
 *
 * <pre>
 * Linux version RELEASE (BUILDER) (COMPILER, LINKER) #NUMBER FLAGS VERSION-OR-DATE
 * </pre>
 *
 * <p>Debian builds with KBUILD_BUILD_TIMESTAMP="Debian VERSION (DATE)", Ubuntu appends "(Ubuntu
 * RELEASE.VERSION ...)"; others carry no package version. Kernels since 6.1 keep a copy whose
 * number after # is empty.
 */
public final class LinuxBanner {
  static final String START = "Linux version ";

  /** Bytes of the longest banner, a little more than the kernel's own bound on its parts. */
  public static final int LONGEST = 512;

  private static final String OS = "Linux";

  // Possessive and bounded repetitions: the text is the guest's and must not make a match slow.
  private static final Pattern RELEASE =
      Pattern.compile("Linux version ([0-9][0-9A-Za-z.+~_-]{2,64}+) \\(");
  private static final Pattern DEBIAN =
      Pattern.compile(" Debian ([0-9][0-9A-Za-z.+~:-]{1,64}+) \\(\\d{4}-\\d\\d-\\d\\d\\)");
  private static final Pattern UBUNTU =
      Pattern.compile(" \\(Ubuntu ([0-9][0-9A-Za-z.+~-]{1,64}+) ");

  private LinuxBanner() {}

  /**
   * The build that a banner names; empty if {@code text} is none, such as the beginning of one or
   * the format that the kernel prints it with. What follows the banner in memory is tolerated.
   */
  public static Optional<BuildName> parse(String text) {
    Matcher release = RELEASE.matcher(text);
    int number = text.indexOf(") #");
    if (!release.lookingAt() || number < 0) {
      return Optional.empty();
    }
    String built = text.substring(number + 1);
    Matcher debian = DEBIAN.matcher(built);
    Matcher ubuntu = UBUNTU.matcher(built);
    String version = debian.find() ? debian.group(1) : ubuntu.find() ? ubuntu.group(1) : "";
    return Optional.of(new BuildName(OS, release.group(1), version));
  }
}
