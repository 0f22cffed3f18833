package io.plumbline.signaturestore.extract.kernel;

import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.deb.PackageName;
import io.plumbline.signaturestore.extract.deb.PackageVisitor;
import io.plumbline.signaturestore.extract.deb.PackagedFile;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;

/** The kernel among a package's files. */
final class PackagedKernel implements PackageVisitor {
  /** Debian installs to boot, since 7.2 beside the modules. */
  private static final Pattern PATH =
      Pattern.compile("boot/vmlinu[xz]-[^/]+|(usr/)?lib/modules/[^/]+/vmlinu[xz]");

  private static final long LARGEST = 256L << 20;

  private final String packageFile;
  private PackageName name;
  private ByteRange kernel;

  PackagedKernel(String packageFile) {
    this.packageFile = packageFile;
  }

  @Override
  public void begin(PackageName packageName) {
    name = packageName;
  }

  @Override
  public void file(PackagedFile file) throws IOException {
    if (PATH.matcher(file.path()).matches()) {
      kernel = file.bytes(LARGEST);
    }
  }

  @Override
  public boolean done() {
    return kernel != null;
  }

  KernelImage image() throws ExtractionException {
    if (kernel == null) {
      throw new ExtractionException(
          packageFile,
          "a kernel as boot/vmlinuz-* or usr/lib/modules/*/vmlinuz",
          "none in package "
              + name.name()
              + " (Debian's linux-image-* names it since 6.19,"
              + " linux-binary-* holds it)");
    }
    return KernelExtraction.read(kernel, Optional.of(name.version()));
  }
}
