package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;

/**
 * A signature as the bytes of its file.
 *
 * @param signature the signature, under the id that these bytes give it
 * @param file the file's content; not to be changed
 */
public record EncodedSignature(KernelSignature signature, byte[] file) {
  /** The SHA-256 of the file. */
  public SignatureId id() {
    return signature.id();
  }
}
