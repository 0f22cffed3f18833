package io.plumbline.introspection.verify.image;

/**
 * A page of the image whose frame is not where the image lies in physical memory, or which the
 * direct map shows elsewhere.
 *
 * @param address linear, in the guest
 * @param expectedFrame where the rest of the image puts it
 * @param actualFrame where the page tables lead; -1 if they lead nowhere
 * @param throughDirectMap whether the direct map is at odds, and not the kernel's own mapping
 * @param sameContent whether both frames hold the same bytes
 */
public record RemappedPage(
    long address,
    long expectedFrame,
    long actualFrame,
    boolean throughDirectMap,
    boolean sameContent) {}
