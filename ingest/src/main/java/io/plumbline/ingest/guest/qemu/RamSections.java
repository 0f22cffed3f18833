package io.plumbline.ingest.guest.qemu;

import io.plumbline.ingest.guest.file.ByteCursor;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.ingest.guest.layout.RamLayout;
import io.plumbline.introspection.memory.PageBytes;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The sections named {@code ram} (QEMU migration/ram.c): records of a 64-bit word, address in the
 * upper 52 bits, flags below, and what the flags say follows. The first record announces all blocks
 * with their sizes. A page's record names its block unless the CONTINUE flag says "the same as
 * before", which may reach back over the border of a section.
 */
final class RamSections {
  /** The section's name. */
  static final String NAME = "ram";

  private static final int ZERO = 0x02;
  private static final int MEM_SIZE = 0x04;
  private static final int PAGE = 0x08;
  private static final int EOS = 0x10;
  private static final int CONTINUE = 0x20;
  private static final int MULTIFD_FLUSH = 0x200;
  private static final int FLAGS = PageBytes.SIZE - 1;

  private static final int MAPPED_RAM_VERSION = 1;
  private static final int MOST_BLOCKS = 4096;

  private final ImageFile file;
  private final ByteCursor in;
  private final boolean sharedIgnored;
  private final boolean mapped;
  private final Map<String, RamBlock> blocks = new LinkedHashMap<>();
  private final PageIndex.Budget budget;
  private RamBlock current;

  RamSections(ImageFile file, ByteCursor in, ConfigurationSection configuration) {
    this.file = file;
    this.in = in;
    this.budget = PageIndex.Budget.ofThisHeap(file.name());
    this.sharedIgnored = configuration.capabilities().contains("x-ignore-shared");
    this.mapped = configuration.capabilities().contains("mapped-ram");
  }

  /** The blocks in the order in which the stream announces them. */
  Map<String, RamBlock> blocks() {
    return blocks;
  }

  /** Reads one section's body, to behind its end-of-section record. */
  void read() throws IOException {
    while (true) {
      long at = in.position();
      long word = in.u64("RAM record");
      int flags = (int) word & FLAGS;
      long address = word & ~(long) FLAGS;
      switch (flags & ~CONTINUE) {
        case EOS -> {
          return;
        }
        case MEM_SIZE -> announcements(address);
        case PAGE -> {
          RamBlock block = block(flags, address);
          block.index().at(address / PageBytes.SIZE, in.position());
          in.skip(PageBytes.SIZE, "page of RAM block");
        }
        case ZERO -> {
          RamBlock block = block(flags, address);
          block.index().filled(address / PageBytes.SIZE, in.u8("fill of a page"));
        }
        case MULTIFD_FLUSH -> {}
        default ->
            throw file.malformed(
                at,
                "RAM record, flags",
                "zero 0x02, size 0x04, page 0x08 or end 0x10 (compressed and delta pages are not in"
                    + " saved guests)",
                "0x" + Integer.toHexString(flags));
      }
    }
  }

  private RamBlock block(int flags, long address) throws IOException {
    if ((flags & CONTINUE) == 0) {
      String name = in.countedText("RAM block of a page");
      current = blocks.get(name);
      if (current == null) {
        throw in.malformed(
            "RAM block of a page",
            "one of " + blocks.size() + " announced blocks",
            "\"" + ImageException.printable(name) + "\"");
      }
    }
    if (current == null) {
      throw in.malformed("RAM block of the first page", "a name", "the flag for 'as before'");
    }
    if (address < 0 || address >= current.bytes()) {
      throw in.malformed(
          "page of RAM block " + ImageException.printable(current.name()),
          "an address below 0x" + Long.toHexString(current.bytes()),
          "0x" + Long.toHexString(address));
    }
    return current;
  }

  private void announcements(long total) throws IOException {
    if (!blocks.isEmpty() || total < 0 || total > RamLayout.LARGEST_RAM) {
      throw in.malformed(
          "size of all RAM blocks",
          "once, at most 16 TiB",
          Long.toUnsignedString(total) + (blocks.isEmpty() ? "" : " a second time"));
    }
    long left = total;
    while (left > 0) {
      left -= announcement(left);
    }
  }

  private long announcement(long left) throws IOException {
    String name = in.countedText("name of a RAM block");
    long at = in.position();
    long bytes = in.u64("size of a RAM block");
    if (bytes < 0
        || bytes > left
        || bytes % PageBytes.SIZE != 0
        || blocks.containsKey(name)
        || blocks.size() == MOST_BLOCKS) {
      throw file.malformed(
          at,
          "size of RAM block " + ImageException.printable(name),
          "a multiple of 4096, at most " + left + ", once, in at most 4096 blocks",
          Long.toUnsignedString(bytes) + " for block " + (blocks.size() + 1));
    }
    RamBlock block = new RamBlock(name, bytes, new PageIndex(bytes / PageBytes.SIZE, budget));
    blocks.put(name, block);
    if (sharedIgnored) {
      in.u64("address of a RAM block");
    }
    if (mapped) {
      mappedPages(block);
    }
    return bytes;
  }

  /**
   * With mapped-ram (QEMU 9.0, docs/devel/migration/mapped-ram.rst) each page has its fixed place
   * in the file and a bitmap, least significant bit first, says which pages were written; the
   * others are zero. All offsets count from the start of the file.
   */
  private void mappedPages(RamBlock block) throws IOException {
    long at = in.position();
    long version = in.u32("mapped-ram version");
    long pageSize = in.u64("mapped-ram page size");
    long bitmap = in.u64("mapped-ram bitmap");
    long pages = in.u64("mapped-ram pages");
    if (version != MAPPED_RAM_VERSION || pageSize != PageBytes.SIZE) {
      throw file.malformed(
          at,
          "mapped-ram header",
          "version 1 and pages of 4096 bytes",
          "version " + version + ", " + Long.toUnsignedString(pageSize) + " bytes");
    }
    long count = block.bytes() / PageBytes.SIZE;
    file.requireInside(bitmap, (count + 7) / 8, "mapped-ram bitmap");
    file.requireInside(pages, block.bytes(), "mapped-ram pages");
    ByteCursor bits = file.cursor(bitmap, ByteOrder.LITTLE_ENDIAN);
    int eight = 0;
    for (long page = 0; page < count; page++) {
      int bit = (int) page & 7;
      eight = bit == 0 ? bits.u8("mapped-ram bitmap") : eight;
      if ((eight >> bit & 1) == 1) {
        block.index().at(page, pages + page * PageBytes.SIZE);
      } else {
        block.index().filled(page, 0);
      }
    }
    in.seek(pages + block.bytes(), "end of a mapped RAM block");
  }
}
