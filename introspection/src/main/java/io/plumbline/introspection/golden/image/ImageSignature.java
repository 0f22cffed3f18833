package io.plumbline.introspection.golden.image;

import io.plumbline.introspection.golden.SignatureId;

/**
 * A kernel's image as a signature.
 *
 * @param id content address of the file it was read from
 */
public record ImageSignature(SignatureId id, KernelImage image) {}
