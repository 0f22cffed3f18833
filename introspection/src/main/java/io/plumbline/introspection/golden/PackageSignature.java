package io.plumbline.introspection.golden;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageOutline;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.ModuleBook;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What good looks like for one build, from its distribution's package.
 *
 * <p>A process knows many builds and meets guests of few. So a signature may be in memory with its
 * outline alone; everything else is then read when it is asked for, and given back when memory is
 * short.
 */
public final class PackageSignature implements KernelSignature {
  private final SignatureId id;
  private final Head head;
  private final Object origin;
  private final Supplier<KernelImage> image;
  private final Supplier<long[]> functionDigests;
  private final Supplier<ModuleBook> modules;

  /**
   * What of a signature is always in memory.
   *
   * @param outline empty if it has to be told from the image
   */
  public record Head(BuildName name, CodeMode mode, long base, Optional<ImageOutline> outline) {}

  /** Where the rest of a signature is read from, each part for itself. */
  public interface Source {
    /**
     * The kernel as the package holds it.
     *
     * @throws SignatureUnavailableException if it cannot be read
     */
    KernelImage image();

    /**
     * The digests of functions.
     *
     * @throws SignatureUnavailableException if they cannot be read
     */
    long[] functionDigests();

    /**
     * The modules of this kernel.
     *
     * @throws SignatureUnavailableException if they cannot be read
     */
    ModuleBook modules();
  }

  private PackageSignature(
      SignatureId id,
      Head head,
      Object origin,
      Supplier<KernelImage> image,
      Supplier<long[]> functionDigests,
      Supplier<ModuleBook> modules) {
    this.id = id;
    this.head = head;
    this.origin = origin;
    this.image = image;
    this.functionDigests = functionDigests;
    this.modules = modules;
  }

  /**
   * A build all of which is in memory.
   *
   * @param functionDigests canonical digests of the functions that interrupt handlers and system
   *     calls lead to, ascending as signed numbers, for the shortlist only
   * @param modules that the package has for this kernel
   */
  public PackageSignature(
      SignatureId id, KernelImage image, long[] functionDigests, ModuleBook modules) {
    this(
        id,
        new Head(image.name(), image.mode(), image.base(), Optional.empty()),
        image,
        () -> image,
        () -> functionDigests,
        () -> modules);
  }

  /** A build of which no modules are known. */
  public PackageSignature(SignatureId id, KernelImage image, long[] functionDigests) {
    this(id, image, functionDigests, ModuleBook.NONE);
  }

  /** A build of which only {@code head} is in memory until more is asked for. */
  public static PackageSignature onDemand(SignatureId id, Head head, Source source) {
    Kept<KernelImage> image = new Kept<>();
    Kept<long[]> functionDigests = new Kept<>();
    Kept<ModuleBook> modules = new Kept<>();
    return new PackageSignature(
        id,
        head,
        source,
        () -> image.get(source::image),
        () -> functionDigests.get(source::functionDigests),
        () -> modules.get(source::modules));
  }

  @Override
  public SignatureId id() {
    return id;
  }

  @Override
  public BuildName name() {
    return head.name();
  }

  @Override
  public CodeMode mode() {
    return head.mode();
  }

  @Override
  public long base() {
    return head.base();
  }

  /** What proposes the build for a guest; empty if it has to be told from the image. */
  public Optional<ImageOutline> outline() {
    return head.outline();
  }

  /** The same object for all signatures whose image is the same one, and for no other. */
  public Object origin() {
    return origin;
  }

  /** The kernel as the package holds it. */
  public KernelImage image() {
    return image.get();
  }

  @Override
  public long[] functionDigests() {
    return functionDigests.get();
  }

  /** The modules that the package has for this kernel. */
  public ModuleBook modules() {
    return modules.get();
  }

  @Override
  public PackageSignature named(SignatureId content) {
    return new PackageSignature(content, head, origin, image, functionDigests, modules);
  }
}
