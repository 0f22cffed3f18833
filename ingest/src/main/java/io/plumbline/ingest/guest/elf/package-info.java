/**
 * ELF cores of whole guests, as QEMU's dump-guest-memory and {@code virsh dump --memory-only} write
 * them: memory by physical address in PT_LOAD segments, registers in notes.
 */
package io.plumbline.ingest.guest.elf;
