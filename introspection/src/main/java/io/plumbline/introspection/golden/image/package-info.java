/**
 * A kernel and its modules as the distribution's package holds them, before a boot changed a byte:
 * bytes, relocations, symbols, and the tables of the places where the kernel rewrites itself.
 * Places in a kernel are counted in bytes from its base. Knows nothing of guests, files or package
 * formats; the signature store fills it, {@code verify} reads it.
 */
package io.plumbline.introspection.golden.image;
