package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import java.io.IOException;
import java.io.Serializable;

/** Where bodies of signatures are read from. */
@FunctionalInterface
public interface SignatureSource extends Serializable {
  /**
   * The signature whose content address is {@code id}, verified against it.
   *
   * @param location where its announcement says it is: a URI
   * @throws IOException if it cannot be read or is not what the id says; the message names the
   *     place, what was expected and what was found
   */
  KernelSignature load(SignatureId id, String location) throws IOException;
}
