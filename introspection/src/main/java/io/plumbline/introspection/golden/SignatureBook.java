package io.plumbline.introspection.golden;

import java.util.Collection;

/** The signatures at hand, as the core looks them up. */
@FunctionalInterface
public interface SignatureBook {
  /** Every enrolled build, in an order that does not depend on when it was learnt. */
  Collection<KernelSignature> signatures();
}
