package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.GuestImage;
import io.plumbline.flinkjobs.state.PageIndex;
import io.plumbline.introspection.golden.image.RelocatedPages;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The pages of one VM for the time of one observation or verdict. A page is kept whole when it
 * comes; once the VM's kernel is known, {@link PageShrinking} has it packed: what lies in the
 * kernel's image as differences from the image, which all guests of the process share. Either way
 * every byte is told again.
 *
 * <p>What is kept of a block is read once and written once, at {@link #flush}. The core reads a
 * page table's page thousands of times, and each read of RocksDB is a copy; so what was read stays,
 * up to a bound.
 */
final class CapturedPages implements PageSource {
  /** 64 MiB at most: three times the kernel pages of a Debian cloud guest. */
  private static final int MOST_BLOCKS = 1024;

  private static final int SIZE = PageBytes.SIZE;
  private static final PageIndex NOTHING = new PageIndex(new long[0], new int[0], new int[0]);

  private final VmMemory memory;
  private final SharedImages images;
  private final PageForms forms;
  private final GroupedPages packedPages;
  private final Map<Long, PageBlock> blocks = new HashMap<>();

  /** Blocks of which pages were read, in the order in which the last one was. */
  private final Set<PageBlock> read = new LinkedHashSet<>();

  private GuestImage image;
  private RelocatedPages golden;

  /**
   * The pages of the VM that {@code memory} is about. State of older versions is taken into blocks,
   * and packed if it was.
   *
   * @throws PagesLostException if such state is kept as differences from an image that cannot be
   *     read
   */
  CapturedPages(VmMemory memory, SharedImages images, PageForms forms) {
    this.memory = memory;
    this.images = images;
    this.forms = forms;
    this.image = memory.image();
    PageIndex kept = memory.pageIndex();
    PageIndex index = kept == null ? NOTHING : kept;
    Set<Long> groups = new HashSet<>();
    for (int i = 0; i < index.blocks().length; i++) {
      PageBlock block = new PageBlock(index.blocks()[i], index.packed()[i], index.whole()[i]);
      blocks.put(block.number(), block);
      if (block.packed() != 0) {
        groups.add(GroupedPages.groupOf(block.number()));
      }
    }
    packedPages = new GroupedPages(memory.packedPages(), groups);
    if (kept == null) {
      takeOldPages();
    }
  }

  /**
   * The page.
   *
   * @throws PagesLostException if it can no longer be told, as when it is kept as differences from
   *     an image that cannot be read
   */
  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    PageBlock block = blocks.get(PageBlock.numberOf(frame.value()));
    if (block == null) {
      return Optional.empty();
    }
    int index = PageBlock.indexOf(frame.value());
    PageBytes known = block.known(index);
    if (known == null) {
      readAll(block, ((block.whole() >> index) & 1) != 0 ? block.whole() : block.packed());
      known = block.known(index);
    }
    return Optional.ofNullable(known);
  }

  /**
   * @param content the frame's 4096 bytes, which nobody changes any more; empty for a page of zeros
   */
  void keep(long frame, byte[] content) {
    PageBytes page = content.length == 0 ? PageBytes.ZERO : PageBytes.wrap(content);
    blocks
        .computeIfAbsent(PageBlock.numberOf(frame), number -> new PageBlock(number, 0, 0))
        .keep(PageBlock.indexOf(frame), page);
  }

  /** The frame holds nothing that counts. */
  void drop(long frame) {
    PageBlock block = blocks.get(PageBlock.numberOf(frame));
    if (block != null) {
      block.drop(PageBlock.indexOf(frame));
    }
  }

  /** Writes every block that changed; the last call of an observation. */
  void flush() {
    boolean moved = false;
    for (PageBlock block : blocks.values()) {
      write(block);
      moved |= block.isMoved();
    }
    packedPages.flush();
    if (moved) {
      memory.keepPageIndex(index());
    }
  }

  private PageIndex index() {
    PageBlock[] kept =
        blocks.values().stream()
            .filter(block -> (block.packed() | block.whole()) != 0)
            .sorted(Comparator.comparingLong(PageBlock::number))
            .toArray(PageBlock[]::new);
    return new PageIndex(
        Arrays.stream(kept).mapToLong(PageBlock::number).toArray(),
        Arrays.stream(kept).mapToInt(PageBlock::packed).toArray(),
        Arrays.stream(kept).mapToInt(PageBlock::whole).toArray());
  }

  private void write(PageBlock block) {
    if (block.hasCome()) {
      fill(block, block.unread(block.whole()));
    }
    block.write(packedPages, memory.wholePages());
  }

  /** The image that pages are kept as differences from; null if there is none yet. */
  GuestImage image() {
    return image;
  }

  /** Takes another image; what was packed over this one is taken out of it first. */
  void take(GuestImage another, RelocatedPages itsPages) {
    for (PageBlock block : blocks.values()) {
      if (block.packed() != 0) {
        readAll(block, block.whole() | block.packed());
        block.loosen();
      }
    }
    image = another;
    golden = itsPages;
    memory.keepImage(another);
  }

  /** Packs every page that lies whole. */
  void pack() {
    pack(blocks.values());
  }

  /** Packs those of some frames that lie whole, and what else of their blocks does. */
  void pack(List<FrameNumber> frames) {
    pack(
        frames.stream()
            .map(frame -> blocks.get(PageBlock.numberOf(frame.value())))
            .filter(Objects::nonNull)
            .distinct()
            .toList());
  }

  private void pack(Collection<PageBlock> some) {
    for (PageBlock block : some) {
      int all = block.whole() | block.packed();
      if (block.whole() != 0) {
        readAll(block, all);
        block.pack(forms.packed(block.pages(), all, imageUnder(block)), packedPages);
      }
    }
    flush();
  }

  /** Reads those of some pages of a block that were not; what was read first may have to go. */
  private void readAll(PageBlock block, int which) {
    int unread = block.unread(which);
    if (unread == 0) {
      return;
    }
    fill(block, unread);
    read.remove(block);
    read.add(block);
    if (read.size() > MOST_BLOCKS) {
      PageBlock first = read.iterator().next();
      read.remove(first);
      write(first);
      first.forget();
    }
  }

  private void fill(PageBlock block, int unread) {
    int whole = unread & block.whole();
    if (whole != 0) {
      byte[] stored = memory.wholePages().get(block.number());
      forms.read(stored, whole, block.pages(), imageUnder(block));
    }
    int packed = unread & block.packed();
    if (packed != 0) {
      byte[] stored = packedPages.get(block.number());
      forms.read(stored, packed, block.pages(), imageUnder(block));
    }
  }

  private PageForms.Base imageUnder(PageBlock block) {
    return pages -> imageBytes(block.firstFrame(), pages);
  }

  /** A block may begin before the image, or end after it; the image's bytes are zeros there. */
  private byte[] imageBytes(long frame, int pages) {
    if (image == null) {
      return null;
    }
    long first = frame - image.firstFrame();
    if (first <= -PageBlock.PAGES || first >= golden().count()) {
      return null;
    }
    byte[] all = golden().at((int) first, PageBlock.PAGES, image.slide());
    int to = 0;
    for (int rest = pages; rest != 0; rest &= rest - 1) {
      System.arraycopy(all, Integer.numberOfTrailingZeros(rest) * SIZE, all, to, SIZE);
      to += SIZE;
    }
    return to == all.length ? all : Arrays.copyOf(all, to);
  }

  private void takeOldPages() {
    memory.keepPageIndex(NOTHING);
    if (image != null) {
      takeOldBlocks(BitSet.valueOf(image.held()));
    }
    memory.forEachOldPage((frame, stored) -> keep(frame, OldForms.page(stored)));
    memory.dropOldPages();
    if (image != null) {
      image = image.holding(new BitSet());
      memory.keepImage(image);
      pack();
    }
    flush();
  }

  private void takeOldBlocks(BitSet held) {
    byte[] block = {};
    for (int page = held.nextSetBit(0); page >= 0; page = held.nextSetBit(page + 1)) {
      int first = page - page % OldForms.PAGES;
      if (held.previousSetBit(page - 1) < first) {
        byte[] stored = memory.oldBlock(page / OldForms.PAGES);
        block = OldForms.block(stored, golden().at(first, OldForms.PAGES, image.slide()));
      }
      int at = (page - first) * SIZE;
      keep(image.firstFrame() + page, Arrays.copyOfRange(block, at, at + SIZE));
    }
  }

  private RelocatedPages golden() {
    if (golden == null) {
      golden = sought(image.signature());
    }
    return golden;
  }

  private RelocatedPages sought(String signature) {
    try {
      return images
          .of(signature)
          .orElseThrow(() -> new PagesLostException(signature + ": expected an image"));
    } catch (IOException e) {
      throw new PagesLostException(
          "pages are kept as differences from an image that cannot be read: " + e.getMessage());
    }
  }
}
