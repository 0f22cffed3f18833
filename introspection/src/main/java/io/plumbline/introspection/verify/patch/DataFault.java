package io.plumbline.introspection.verify.patch;

/**
 * A word of the guest's data that decides what its text is and breaks a rule.
 *
 * @param address linear, in the guest
 * @param symbol the image's name for it
 * @param what it is, such as {@code target of a static call}
 * @param expected a value that would be legal; 0 if none is known
 * @param actual what the guest holds
 */
public record DataFault(long address, String symbol, String what, long expected, long actual) {}
