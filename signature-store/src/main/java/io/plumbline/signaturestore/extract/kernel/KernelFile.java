package io.plumbline.signaturestore.extract.kernel;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.verify.image.ImageDigests;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.deb.DebianPackage;
import io.plumbline.signaturestore.extract.deb.PackageName;
import io.plumbline.signaturestore.extract.deb.PackageVisitor;
import io.plumbline.signaturestore.extract.deb.PackagedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A file that holds a kernel, recognised by its content: a package, a bzImage, an ELF file, which
 * may be compressed.
 */
public final class KernelFile {
  /** What {@link #recognises} looks at. */
  private static final int START = 1024;

  /** More than any kernel's file, debug information included, may have. */
  private static final long LARGEST = 1L << 30;

  private KernelFile() {}

  /** Whether the file begins as one that {@link #read} knows. */
  public static boolean recognises(Path file) throws IOException {
    ByteRange start = start(file);
    return DebianPackage.recognises(start) || KernelExtraction.recognises(start);
  }

  /** What the package says of itself, if the file is one. */
  public static Optional<PackageName> packageName(Path file) throws IOException {
    if (!DebianPackage.recognises(start(file))) {
      return Optional.empty();
    }
    List<PackageName> names = new ArrayList<>();
    DebianPackage.visit(
        file,
        new PackageVisitor() {
          @Override
          public void begin(PackageName name) {
            names.add(name);
          }

          @Override
          public void file(PackagedFile content) {}

          @Override
          public boolean done() {
            return true;
          }
        });
    return names.stream().findFirst();
  }

  /** Reads the kernel in a file. */
  public static KernelImage read(Path file) throws IOException {
    if (DebianPackage.recognises(start(file))) {
      List<KernelImage> kernel = new ArrayList<>();
      PackageFiles files =
          new PackageFiles(
              file.toString(),
              (bytes, of) -> kernel.add(KernelExtraction.read(bytes, Optional.of(of.version()))),
              Optional.empty());
      DebianPackage.visit(file, files);
      files.requireKernel();
      return kernel.get(0);
    }
    long size = Files.size(file);
    if (size > LARGEST) {
      throw new ExtractionException(
          file.toString(), "at most " + LARGEST + " bytes", Long.toString(size));
    }
    return KernelExtraction.read(
        ByteRange.of(file.toString(), Files.readAllBytes(file)), Optional.empty());
  }

  /**
   * The signature of the kernel in a file.
   *
   * @param id to give it, until it is kept
   * @param budget bounds of the exploration that finds its functions
   */
  public static PackageSignature signature(Path file, SignatureId id, ExplorationBudget budget)
      throws IOException {
    return signature(file.toString(), read(file), id, budget);
  }

  /**
   * The signature of a kernel.
   *
   * @param where it was read from, for messages
   */
  public static PackageSignature signature(
      String where, KernelImage image, SignatureId id, ExplorationBudget budget)
      throws ExtractionException {
    try {
      return new PackageSignature(id, image, new ImageDigests(image, budget).ofAll());
    } catch (IllegalArgumentException e) { // a symbol that verification rests on is missing
      throw new ExtractionException(where, "a kernel that can be verified", e.getMessage());
    }
  }

  private static ByteRange start(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return ByteRange.of(file.toString(), in.readNBytes(START));
    }
  }
}
