package io.plumbline.signaturestore.extract.kernel;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.deb.PackageName;
import io.plumbline.signaturestore.extract.deb.PackageVisitor;
import io.plumbline.signaturestore.extract.deb.PackagedFile;
import io.plumbline.signaturestore.extract.module.ModuleReader;
import io.plumbline.signaturestore.extract.module.ModuleTree;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;

/** The kernel and the modules among a package's files, in one pass. */
public final class PackageFiles implements PackageVisitor {
  /** Is told of a kernel. */
  public interface KernelVisitor {
    /**
     * @param kernel the file
     * @param of the package
     */
    void found(ByteRange kernel, PackageName of) throws IOException;
  }

  /** Debian installs to boot, since 7.2 beside the modules. */
  private static final Pattern KERNEL =
      Pattern.compile("boot/vmlinu[xz]-[^/]+|(usr/)?lib/modules/[^/]+/vmlinu[xz]");

  private static final Pattern MODULE = Pattern.compile("(usr/)?lib/modules/[^/]+/.+");
  private static final long LARGEST_KERNEL = 256L << 20;
  private static final long LARGEST_MODULE = 64L << 20;

  private final String packageFile;
  private final KernelVisitor kernel;
  private final Optional<ModuleReader> modules;
  private PackageName name;
  private boolean hasKernel;

  /**
   * @param packageFile for messages
   * @param kernel is told the first kernel
   * @param modules is given the modules; if empty, what follows the kernel is not looked at
   */
  public PackageFiles(String packageFile, KernelVisitor kernel, Optional<ModuleReader> modules) {
    this.packageFile = packageFile;
    this.kernel = kernel;
    this.modules = modules;
  }

  @Override
  public void begin(PackageName packageName) {
    name = packageName;
  }

  @Override
  public void file(PackagedFile file) throws IOException {
    if (!hasKernel && KERNEL.matcher(file.path()).matches()) {
      hasKernel = true;
      kernel.found(file.bytes(LARGEST_KERNEL), name);
    } else if (modules.isPresent()
        && MODULE.matcher(file.path()).matches()
        && ModuleTree.isModule(file.path())) {
      ByteRange bytes = file.bytes(LARGEST_MODULE);
      modules.get().add(() -> bytes);
    }
  }

  @Override
  public boolean done() {
    return hasKernel && modules.isEmpty();
  }

  /** Refuses a package without a kernel. */
  public void requireKernel() throws ExtractionException {
    if (!hasKernel) {
      throw new ExtractionException(
          packageFile,
          "a kernel as boot/vmlinuz-* or usr/lib/modules/*/vmlinuz",
          "none in package "
              + name.name()
              + " (Debian's linux-image-* names it since 6.19,"
              + " linux-binary-* holds it)");
    }
  }
}
