package io.plumbline.introspection.golden.image;

/**
 * The fields that change with the base, each ascending and in bytes from it. What a kernel's own
 * decompressor applies (kernel {@code arch/x86/boot/compressed/misc.c}, {@code
 * handle_relocations}).
 *
 * @param absolute32 32-bit addresses: the slide is added
 * @param inverse32 32-bit distances to what does not move: the slide is subtracted
 * @param absolute64 64-bit addresses: the slide is added
 */
public record ImageRelocations(int[] absolute32, int[] inverse32, int[] absolute64) {}
