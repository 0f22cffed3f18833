package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A directory of signatures, each in a file that its content names. Files appear whole or not at
 * all and never change, so several processes may share a store without a lock.
 */
public final class SignatureStore implements SignatureBodies {
  private static final int DEPTH = 3;

  private final Path root;

  /** A store below {@code root}; the directory is made when the first signature is added. */
  public SignatureStore(Path root) {
    this.root = root;
  }

  /**
   * Keeps a signature; what is there already stays as it is, unless it is damaged.
   *
   * @return the signature under the id that its file gives it
   */
  public EncodedSignature add(KernelSignature signature) throws IOException {
    EncodedSignature encoded = SignatureCodec.encode(signature);
    Path file = fileOf(encoded.id());
    if (!Files.exists(file) || !Arrays.equals(content(encoded.id()), encoded.file())) {
      write(file, encoded.file());
    }
    return encoded;
  }

  /** Every signature in the store, ascending. */
  public List<SignatureId> ids() throws IOException {
    List<SignatureId> ids = new ArrayList<>();
    if (Files.notExists(root)) {
      return ids;
    }
    if (!Files.isDirectory(root)) {
      throw new SignatureException(root + ": expected a folder of signatures, found a file");
    }
    Files.walkFileTree(
        root,
        EnumSet.noneOf(FileVisitOption.class),
        DEPTH,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            SignaturePath.idAt(relative(file)).ifPresent(ids::add);
            return FileVisitResult.CONTINUE;
          }
        });
    ids.sort(Comparator.comparing(SignatureId::value));
    return List.copyOf(ids);
  }

  /** Every signature at a glance, by name of the build and then by id. */
  public List<SignatureSummary> list() throws IOException {
    List<SignatureSummary> summaries = new ArrayList<>();
    for (SignatureId id : ids()) {
      summaries.add(summary(id));
    }
    summaries.sort(
        Comparator.comparing((SignatureSummary each) -> each.name().os())
            .thenComparing(each -> each.name().build())
            .thenComparing(each -> each.name().version())
            .thenComparing(each -> each.id().value()));
    return List.copyOf(summaries);
  }

  /**
   * One signature at a glance, not verified.
   *
   * @throws SignatureException if its file is no signature's
   */
  public SignatureSummary summary(SignatureId id) throws IOException {
    try (InputStream file = open(id)) {
      return SignatureCodec.summary(where(id), id, file, Files.size(fileOf(id)));
    }
  }

  /** The signatures that {@code reference} may mean, as {@link #find} does. */
  public List<SignatureSummary> matching(String reference) throws IOException {
    return list().stream().filter(each -> names(reference, each)).toList();
  }

  /**
   * The signature that a person means.
   *
   * @param reference an id, the beginning of its digest with or without {@code sha256:}, or the
   *     name of a build, or of a build and its version with a blank between
   * @throws SignatureException if none or several are meant
   */
  public SignatureId find(String reference) throws IOException {
    List<SignatureSummary> meant = matching(reference);
    if (meant.size() != 1) {
      List<SignatureSummary> shown = meant.isEmpty() ? list() : meant;
      throw new SignatureException(
          String.format(
              "%s: signature '%s': expected one, found %d; %s",
              root,
              SignatureException.printable(reference),
              meant.size(),
              shown.isEmpty()
                  ? "the store is empty"
                  : shown.stream().map(SignatureStore::shown).collect(Collectors.joining(", "))));
    }
    return meant.get(0).id();
  }

  /** Every signature of the store, of packages their outlines. */
  public EnrolledSignatures book() throws IOException {
    List<KernelSignature> signatures = new ArrayList<>();
    for (SignatureId id : ids()) {
      signatures.add(outline(id));
    }
    return EnrolledSignatures.of(signatures);
  }

  @Override
  public String where(SignatureId id) {
    return fileOf(id).toString();
  }

  @Override
  public InputStream open(SignatureId id) throws IOException {
    try {
      return Files.newInputStream(fileOf(id));
    } catch (NoSuchFileException e) {
      throw new SignatureException(fileOf(id) + ": expected the file of " + id + ", found none", e);
    }
  }

  /** Forgets a signature; false if it was not there. */
  public boolean remove(SignatureId id) throws IOException {
    return Files.deleteIfExists(fileOf(id));
  }

  /** Where the file of {@code id} is or would be. */
  public Path fileOf(SignatureId id) {
    return root.resolve(SignaturePath.of(id));
  }

  private static boolean names(String reference, SignatureSummary each) {
    String hex = each.id().value().substring("sha256:".length());
    String prefix =
        reference.startsWith("sha256:") ? reference.substring("sha256:".length()) : reference;
    return (!prefix.isEmpty() && hex.startsWith(prefix))
        || each.name().build().equals(reference)
        || (each.name().build() + " " + each.name().version()).equals(reference);
  }

  private static String shown(SignatureSummary each) {
    return SignatureException.printable(each.name().build() + " " + each.name().version())
        + " "
        + each.id()
        + (each.packaged()
            ? " of " + each.modules() + " modules, "
            : " of " + each.images() + " guests, ")
        + each.sizeBytes()
        + " bytes";
  }

  private String relative(Path file) {
    return root.relativize(file).toString().replace('\\', '/');
  }

  private static void write(Path file, byte[] content) throws IOException {
    Path folder = Files.createDirectories(file.getParent());
    Path draft = Files.createTempFile(folder, "draft-", ".tmp");
    try {
      Files.write(draft, content);
      try {
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        throw new IOException(
            folder + ": expected a file system that moves files in one step, found none", e);
      }
    } finally {
      Files.deleteIfExists(draft);
    }
  }
}
