package io.plumbline.ingest.guest.qemu;

/**
 * A RAM block that the stream announces.
 *
 * @param name QEMU's id: {@code pc.ram}, a memory backend's id, {@code 0000:00:02.0/vga.vram}
 * @param bytes its length, a multiple of 4096
 * @param index where its pages lie
 */
record RamBlock(String name, long bytes, PageIndex index) {}
