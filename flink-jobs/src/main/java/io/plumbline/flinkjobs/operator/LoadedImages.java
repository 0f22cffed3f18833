package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
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
    return loaded.get(new SignatureId(signature), signature, source)
            instanceof PackageSignature packaged
        ? Optional.of(RelocatedPages.of(packaged.image()))
        : Optional.empty();
  }
}
