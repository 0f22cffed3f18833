package io.plumbline.introspection.golden;

import io.plumbline.introspection.golden.image.ImageSignature;
import java.util.Collection;
import java.util.List;

/** The signatures at hand, as the core looks them up. */
@FunctionalInterface
public interface SignatureBook {
  /** Every enrolled build, in an order that does not depend on when it was learnt. */
  Collection<KernelSignature> signatures();

  /** Every build whose package is known, in an order that does not depend on when it was learnt. */
  default Collection<ImageSignature> images() {
    return List.of();
  }
}
