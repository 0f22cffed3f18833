package io.plumbline.signaturestore.extract.sites;

import io.plumbline.signaturestore.extract.bytes.ByteRange;

/**
 * A section of a module after its relocations were applied.
 *
 * @param address at which it was linked
 */
public record LinkedSection(String name, long address, ByteRange bytes) {}
