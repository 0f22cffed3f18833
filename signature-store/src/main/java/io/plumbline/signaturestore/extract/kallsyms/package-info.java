/**
 * The symbol table that a kernel carries in its own read-only data ({@code CONFIG_KALLSYMS}).
 * Nothing says where it is or in which order its parts lie, and that changed over the years: it is
 * found by its structure, and every part confirms another. Knows nothing of ELF.
 */
package io.plumbline.signaturestore.extract.kallsyms;
