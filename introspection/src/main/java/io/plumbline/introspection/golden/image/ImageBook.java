package io.plumbline.introspection.golden.image;

import java.util.Collection;
import java.util.List;

/** The images at hand, as the core looks them up. */
@FunctionalInterface
public interface ImageBook {
  /** No package is known. */
  ImageBook NONE = List::of;

  /** Every build whose package is known, in an order that does not depend on when it was learnt. */
  Collection<ImageSignature> images();
}
