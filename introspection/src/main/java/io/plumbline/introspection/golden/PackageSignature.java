package io.plumbline.introspection.golden;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.ModuleBook;

/**
 * What good looks like for one build, from its distribution's package.
 *
 * @param id content address of the file it was read from
 * @param image the kernel as the package holds it
 * @param functionDigests canonical digests of the functions that interrupt handlers and system
 *     calls lead to, ascending as signed numbers, for the shortlist only
 * @param modules that the package has for this kernel
 */
public record PackageSignature(
    SignatureId id, KernelImage image, long[] functionDigests, ModuleBook modules)
    implements KernelSignature {
  /** A build of which no modules are known. */
  public PackageSignature(SignatureId id, KernelImage image, long[] functionDigests) {
    this(id, image, functionDigests, ModuleBook.NONE);
  }

  @Override
  public BuildName name() {
    return image.name();
  }

  @Override
  public CodeMode mode() {
    return image.mode();
  }

  @Override
  public long base() {
    return image.base();
  }

  @Override
  public PackageSignature named(SignatureId content) {
    return new PackageSignature(content, image, functionDigests, modules);
  }
}
