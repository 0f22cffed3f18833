package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.PackageSignature.Head;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageOutline;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.verify.image.Outlines;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Signatures as files and back. A file is named by the SHA-256 of its bytes, and this is the one
 * place where that is computed and verified: nothing is looked at before the digest is right.
 *
 * <p>The same signature gives the same bytes under one version of the compressor. Under another the
 * bytes and hence the id may differ; both files stay readable and say the same.
 */
public final class SignatureCodec {
  /** The version of the format that is written. */
  public static final int FORMAT_VERSION = SectionFile.FORMAT_VERSION;

  /** The largest file that is read or written, in bytes. */
  public static final int MOST_FILE_BYTES = SectionFile.MOST_BYTES;

  /** What a signature is called until a file gives it its id. */
  public static final SignatureId DRAFT = new SignatureId("sha256:" + "0".repeat(64));

  /** What tells which build a file is about. */
  private static final Set<SectionType> SUMMARY =
      EnumSet.of(SectionType.BUILD, SectionType.IMAGE, SectionType.MODULE_OUTLINES);

  private static final int LONGEST_NAME = 1024;
  private static final int MOST_IMAGES = 1_000_000;

  private SignatureCodec() {}

  /**
   * The file of {@code signature}, whatever its id was before.
   *
   * @throws IllegalArgumentException if it breaks the model's own promises
   */
  public static EncodedSignature encode(KernelSignature signature) {
    Map<SectionType, byte[]> sections = new EnumMap<>(SectionType.class);
    sections.put(SectionType.BUILD, build(signature));
    sections.put(SectionType.DIGESTS, FactSections.digests(signature.functionDigests()));
    if (signature instanceof EnrolledSignature enrolled) {
      EnrolledSections.write(enrolled, sections);
    } else if (signature instanceof PackageSignature packaged) {
      ImageSections.write(packaged.image(), sections);
      PackedModules.of(packaged.modules()).write(sections);
      sections.put(
          SectionType.OUTLINE,
          OutlineSection.write(Outlines.of(packaged.image(), packaged.functionDigests())));
    }
    byte[] file = SectionFile.write(sections);
    return new EncodedSignature(signature.named(idOf(file)), file);
  }

  /**
   * The signature in {@code file}.
   *
   * @param where names the file in messages
   * @param expected what the file was asked for as
   * @throws SignatureException if it is another file, or none that this version can read
   */
  public static KernelSignature decode(String where, SignatureId expected, byte[] file)
      throws SignatureException {
    SectionFile sections = verified(where, expected, file);
    Build build = build(sections.required(SectionType.BUILD));
    long[] digests = FactSections.digests(sections.required(SectionType.DIGESTS));
    return switch (sections.kind()) {
      case PACKAGE ->
          new PackageSignature(expected, image(sections), digests, PackedModules.read(sections));
      case ANY, ENROLLED ->
          EnrolledSections.read(
              sections,
              expected,
              build.name(),
              build.mode(),
              build.base(),
              build.images(),
              digests);
    };
  }

  /**
   * What {@code file} is about. Only the sections that say so are read, so nothing is verified:
   * whoever judges by a signature loads it.
   *
   * @param where names the file in messages
   * @param sizeBytes size of the file
   * @throws SignatureException if it is no signature's file
   */
  public static SignatureSummary summary(
      String where, SignatureId id, InputStream file, long sizeBytes) throws IOException {
    SectionFile sections = SectionExcerpt.read(where, file, SUMMARY);
    Build build = build(sections.required(SectionType.BUILD));
    return new SignatureSummary(
        id,
        sections.kind() == SectionType.Kind.PACKAGE,
        build.name(),
        build.mode(),
        build.base(),
        build.images(),
        PackedModules.count(sections),
        FORMAT_VERSION,
        sizeBytes);
  }

  /** The sections of a file that is the one that it was asked for as. */
  static SectionFile verified(String where, SignatureId expected, byte[] file)
      throws SignatureException {
    verify(where, expected, file);
    return SectionFile.read(where, file);
  }

  /** What of a package's signature is always in memory. */
  static Head head(SectionFile sections, Optional<ImageOutline> outline) throws SignatureException {
    Build build = build(sections.required(SectionType.BUILD));
    return new Head(build.name(), build.mode(), build.base(), outline);
  }

  /** The kernel of a package's signature. */
  static KernelImage image(SectionFile sections) throws SignatureException {
    Build build = build(sections.required(SectionType.BUILD));
    return ImageSections.read(sections, build.name(), build.mode(), build.base());
  }

  /** The content address of a file. */
  public static SignatureId idOf(byte[] file) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return new SignatureId("sha256:" + HexFormat.of().formatHex(sha256.digest(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static void verify(String where, SignatureId expected, byte[] file)
      throws SignatureException {
    SignatureId found = idOf(file);
    if (!found.equals(expected)) {
      throw new SignatureException(
          where
              + ": content of "
              + file.length
              + " bytes: expected "
              + expected
              + ", found "
              + found);
    }
  }

  private record Build(BuildName name, CodeMode mode, long base, int images) {}

  private static byte[] build(KernelSignature signature) {
    ByteSink to = new ByteSink();
    to.text(signature.name().os());
    to.text(signature.name().build());
    to.text(signature.name().version());
    to.u8(Codes.of(signature.mode()));
    to.int64(signature.base());
    to.unsigned(signature instanceof EnrolledSignature enrolled ? enrolled.images() : 0);
    return to.toByteArray();
  }

  private static Build build(ByteSource from) throws SignatureException {
    BuildName name =
        new BuildName(
            from.text("operating system", LONGEST_NAME),
            from.text("build", LONGEST_NAME),
            from.text("version", LONGEST_NAME));
    Build build =
        new Build(
            name,
            Codes.mode(from),
            from.int64("base"),
            from.unsigned("number of guests", MOST_IMAGES));
    from.end();
    return build;
  }
}
