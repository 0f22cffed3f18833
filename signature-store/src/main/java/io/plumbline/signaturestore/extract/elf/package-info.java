/**
 * ELF files of x86-64 kernels: sections, segments, notes, and the relocations that a kernel's build
 * appends behind the file. Knows nothing of what the sections mean.
 */
package io.plumbline.signaturestore.extract.elf;
