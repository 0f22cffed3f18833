package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.GuestImage;
import io.plumbline.introspection.golden.image.RelocatedPages;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The pages of one VM for the time of one observation. A page is kept whole when it comes; once the
 * VM's kernel is known, {@link PageShrinking} keeps what lies in the kernel's image as differences
 * from the image, which all guests of the process share, and the rest deflated. Either way every
 * byte is told again.
 */
final class CapturedPages implements PageSource {
  private final VmMemory memory;
  private final SharedImages images;
  private final Map<Integer, byte[]> blocks = new HashMap<>();
  private GuestImage image;
  private BitSet held;
  private RelocatedPages golden;
  private boolean changed;

  CapturedPages(VmMemory memory, SharedImages images) {
    this.memory = memory;
    this.images = images;
    this.image = memory.image();
    this.held = image == null ? new BitSet() : BitSet.valueOf(image.held());
  }

  /**
   * The page.
   *
   * @throws PagesLostException if it is kept as differences from an image that cannot be read
   */
  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    int page = heldPage(frame.value());
    if (page >= 0) {
      byte[] block =
          blocks.computeIfAbsent(page / ImageBlock.PAGES, number -> read(image, golden(), number));
      return Optional.of(PageBytes.wrap(block, page % ImageBlock.PAGES * PageBytes.SIZE));
    }
    byte[] stored = memory.page(frame.value());
    return stored == null ? Optional.empty() : Optional.of(StoredPage.read(stored));
  }

  /**
   * @param content the frame's 4096 bytes, which nobody changes any more; empty for a page of zeros
   */
  void keep(long frame, byte[] content) {
    memory.keepPage(frame, content);
    release(frame);
  }

  /** The frame holds nothing that counts. */
  void drop(long frame) {
    memory.dropPage(frame);
    release(frame);
  }

  /** Keeps what was noted of the image; the last call of an observation. */
  void flush() {
    if (changed) {
      memory.keepImage(image.holding(held));
      changed = false;
    }
  }

  /** The image that pages are kept as differences from; null if there is none yet. */
  GuestImage image() {
    return image;
  }

  /** The image's pages that are kept as differences. */
  BitSet held() {
    return held;
  }

  /** Takes another image, of which no page is held. */
  void take(GuestImage another, RelocatedPages itsPages) {
    image = another;
    golden = itsPages;
    held = new BitSet();
    blocks.clear();
    changed = true;
  }

  /** A block as the guest holds it; what is not held of it is the image's. */
  byte[] block(int number) {
    byte[] known = blocks.get(number);
    if (known != null) {
      return known.clone();
    }
    int first = number * ImageBlock.PAGES;
    int next = held.nextSetBit(first);
    return next >= 0 && next < first + ImageBlock.PAGES
        ? read(image, golden(), number)
        : golden().at(first, ImageBlock.PAGES, image.slide());
  }

  /** Keeps a block, in which {@code pages} are held from now on. */
  void keepBlock(int number, byte[] guest, BitSet pages) {
    int first = number * ImageBlock.PAGES;
    memory.keepImageBlock(
        number, ImageBlock.stored(guest, golden().at(first, ImageBlock.PAGES, image.slide())));
    blocks.put(number, guest);
    held.or(pages);
    changed = true;
  }

  /** Number of the image's page that {@code frame} is, held or not; -1 if it is none. */
  int imagePage(long frame) {
    if (image == null || frame < image.firstFrame()) {
      return -1;
    }
    long page = frame - image.firstFrame();
    return page < golden().count() ? (int) page : -1;
  }

  private int heldPage(long frame) {
    if (image == null || frame < image.firstFrame()) {
      return -1;
    }
    long page = frame - image.firstFrame();
    return page < held.length() && held.get((int) page) ? (int) page : -1;
  }

  private void release(long frame) {
    int page = heldPage(frame);
    if (page >= 0) {
      held.clear(page);
      changed = true;
    }
  }

  private byte[] read(GuestImage of, RelocatedPages pages, int number) {
    byte[] stored = memory.imageBlock(number);
    if (stored == null) {
      throw new PagesLostException("state: expected block " + number + " of " + of.signature());
    }
    int first = number * ImageBlock.PAGES;
    return ImageBlock.read(stored, pages.at(first, ImageBlock.PAGES, of.slide()));
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
          held.cardinality()
              + " pages are kept as differences from an image that cannot be read: "
              + e.getMessage());
    }
  }
}
