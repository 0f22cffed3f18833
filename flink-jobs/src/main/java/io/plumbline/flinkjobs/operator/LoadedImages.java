package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.SignatureUnavailableException;
import io.plumbline.introspection.golden.image.RelocatedPages;
import java.io.IOException;
import java.util.Optional;

/**
 * The images of the process' signatures.
 *
 * @param source where one that nobody has in memory is read from
 */
record LoadedImages(SignatureSource source, LoadedSignatures loaded) implements SharedImages {
  @Override
  public Optional<RelocatedPages> of(String signature) throws IOException {
    KernelSignature known = loaded.get(new SignatureId(signature), signature, source);
    if (!(known instanceof PackageSignature packaged)) {
      return Optional.empty();
    }
    try {
      return Optional.of(RelocatedPages.of(packaged.image()));
    } catch (SignatureUnavailableException e) {
      // Its outline is in memory, and the file behind it is gone since.
      throw new IOException(e.getMessage(), e);
    }
  }
}
