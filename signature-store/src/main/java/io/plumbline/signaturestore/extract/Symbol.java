package io.plumbline.signaturestore.extract;

/**
 * A named place of a kernel.
 *
 * @param address linear address in the guest that the list was made in
 */
public record Symbol(long address, String name) {}
