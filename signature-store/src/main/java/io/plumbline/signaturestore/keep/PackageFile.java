package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.SignatureUnavailableException;
import io.plumbline.introspection.golden.image.ImageOutline;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.verify.image.Outlines;
import java.io.IOException;
import java.io.InputStream;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * The file of a packaged kernel, of which the parts are read when they are asked for.
 *
 * <p>The head is read alone, before the file's digest is known to be right: to verify it one would
 * have to read all files of a store. It names and proposes a build. Nothing is said on the ground
 * of another part before the whole file is verified, the head once more included.
 */
final class PackageFile implements PackageSignature.Source {
  private static final Set<SectionType> HEAD =
      EnumSet.of(SectionType.BUILD, SectionType.IMAGE, SectionType.OUTLINE);

  private final SignatureBodies bodies;
  private final SignatureId id;
  private final SignatureId headDigest;

  private PackageFile(SignatureBodies bodies, SignatureId id, SignatureId headDigest) {
    this.bodies = bodies;
    this.id = id;
    this.headDigest = headDigest;
  }

  /** The signature with its head alone; one without an outline is read whole. */
  static KernelSignature open(SignatureBodies bodies, SignatureId id) throws IOException {
    SectionFile head;
    try (InputStream file = bodies.open(id)) {
      head = SectionExcerpt.read(bodies.where(id), file, HEAD);
    } catch (SignatureException e) {
      return verified(bodies, id); // What cannot be right is read whole, which tells what is wrong.
    }
    if (head.kind() != SectionType.Kind.PACKAGE) {
      return bodies.load(id);
    }
    return head.has(SectionType.OUTLINE)
        ? onDemand(new PackageFile(bodies, id, digestOf(head)), head)
        : verified(bodies, id);
  }

  /** The same, after the whole file was verified. */
  static KernelSignature verified(SignatureBodies bodies, SignatureId id) throws IOException {
    byte[] content = bodies.content(id);
    SectionFile file = SignatureCodec.verified(bodies.where(id), id, content);
    if (file.kind() != SectionType.Kind.PACKAGE) {
      return SignatureCodec.decode(bodies.where(id), id, content);
    }
    PackageFile packaged = new PackageFile(bodies, id, digestOf(file));
    KernelSignature signature = onDemand(packaged, file);
    RecentFiles.OF_THIS_PROCESS.keep(packaged, file);
    return signature;
  }

  private static KernelSignature onDemand(PackageFile packaged, SectionFile file)
      throws SignatureException {
    Optional<ByteSource> kept = file.body(SectionType.OUTLINE);
    // Files had no outline once: then it is made from the image.
    ImageOutline outline =
        kept.isPresent()
            ? OutlineSection.read(kept.get())
            : Outlines.of(
                SignatureCodec.image(file),
                FactSections.digests(file.required(SectionType.DIGESTS)));
    return PackageSignature.onDemand(
        packaged.id, SignatureCodec.head(file, Optional.of(outline)), packaged);
  }

  private static SignatureId digestOf(SectionFile file) throws SignatureException {
    ByteSink all = new ByteSink();
    for (SectionType type : HEAD) {
      if (file.has(type)) {
        all.raw(file.bytes(type));
      }
    }
    return SignatureCodec.idOf(all.toByteArray());
  }

  @Override
  public KernelImage image() {
    return part(SignatureCodec::image);
  }

  @Override
  public long[] functionDigests() {
    return part(sections -> FactSections.digests(sections.required(SectionType.DIGESTS)));
  }

  @Override
  public ModuleBook modules() {
    return part(PackedModules::read);
  }

  @FunctionalInterface
  private interface PartReader<T> {
    T read(SectionFile sections) throws SignatureException;
  }

  private <T> T part(PartReader<T> reader) {
    try {
      Optional<SectionFile> recent = RecentFiles.OF_THIS_PROCESS.of(this);
      return reader.read(recent.isPresent() ? recent.get() : whole());
    } catch (IOException e) {
      throw new SignatureUnavailableException(id, e.getMessage(), e);
    }
  }

  private SectionFile whole() throws IOException {
    SectionFile sections = SignatureCodec.verified(bodies.where(id), id, bodies.content(id));
    if (!digestOf(sections).equals(headDigest)) {
      throw new SignatureException(
          bodies.where(id) + ": expected the name and outline that were read before, found others");
    }
    RecentFiles.OF_THIS_PROCESS.keep(this, sections);
    return sections;
  }
}
