package io.plumbline.signaturestore.extract.module;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The modules below a folder, such as {@code /lib/modules/6.1.0-50-amd64}. */
public final class ModuleTree {
  private static final Pattern FILE = Pattern.compile(".*\\.ko(\\.xz|\\.zst|\\.gz)?");

  /** The folder below which each release has its own (kernel {@code Makefile}, MODLIB). */
  private static final Path RELEASES = Path.of("lib", "modules");

  private ModuleTree() {}

  /** Whether a file of that name is a module. */
  public static boolean isModule(String name) {
    return FILE.matcher(name).matches();
  }

  /** The modules below {@code folder} that may be a release's, by path. */
  public static List<Path> below(Path folder, String release) throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      return found
          .filter(each -> isModule(each.getFileName().toString()))
          .filter(each -> releaseOf(each).map(release::equals).orElse(true))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    }
  }

  /** The release that a path names; empty if it names none. */
  private static Optional<String> releaseOf(Path file) {
    Path path = file.toAbsolutePath().normalize();
    for (int i = path.getNameCount() - 2; i >= 2; i--) {
      if (path.subpath(i - 2, i).equals(RELEASES)) {
        return Optional.of(path.getName(i).toString());
      }
    }
    return Optional.empty();
  }
}
