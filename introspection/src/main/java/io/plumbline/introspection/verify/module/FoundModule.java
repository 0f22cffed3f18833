package io.plumbline.introspection.verify.module;

import java.util.BitSet;

/**
 * A module whose code lies in a guest.
 *
 * @param index in the build's modules
 * @param address linear, of its code
 * @param text what the guest holds there, in whole pages; zeros where it cannot be read
 * @param unreadable pages of it that cannot be read
 * @param certain enough of it is told by its bytes; else all of it must be as it must be
 */
record FoundModule(int index, long address, byte[] text, BitSet unreadable, boolean certain) {}
