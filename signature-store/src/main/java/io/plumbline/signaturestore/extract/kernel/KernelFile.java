package io.plumbline.signaturestore.extract.kernel;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.verify.image.ImageDigests;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.deb.DebianPackage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
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

  /** Reads the kernel in a file. */
  public static KernelImage read(Path file) throws IOException {
    if (DebianPackage.recognises(start(file))) {
      PackagedKernel kernel = new PackagedKernel(file.toString());
      DebianPackage.visit(file, kernel);
      return kernel.image();
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
    KernelImage image = read(file);
    try {
      return new PackageSignature(id, image, new ImageDigests(image, budget).ofAll());
    } catch (IllegalArgumentException e) { // a symbol that verification rests on is missing
      throw new ExtractionException(
          file.toString(), "a kernel that can be verified", e.getMessage());
    }
  }

  private static ByteRange start(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return ByteRange.of(file.toString(), in.readNBytes(START));
    }
  }
}
