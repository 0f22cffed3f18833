package io.plumbline.signaturestore.extract.deb;

import java.io.IOException;

/** Looks at the files of a package. */
public interface PackageVisitor {
  /** Told first. */
  void begin(PackageName name) throws IOException;

  /** Told of each regular file, in the package's order. */
  void file(PackagedFile file) throws IOException;

  /** Whether it has seen enough: what follows need not be decompressed. */
  default boolean done() {
    return false;
  }
}
