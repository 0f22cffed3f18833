package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.Translation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;

/**
 * The supervisor's data as one walk meets it: each page is translated and read once. A page of a
 * program is nobody's data.
 */
final class DataMemory {
  private static final long NO_FRAME = -1;

  /** What a page is to the supervisor. */
  enum Kind {
    /** Not mapped, or a program's. */
    NONE,
    CODE,
    READ_ONLY,
    WRITABLE
  }

  /** A page that was met. */
  static final class Page {
    private static final Page NOTHING = new Page(Kind.NONE, 0, NO_FRAME, Optional.empty());

    private final Kind kind;
    private final long address;
    private final long frame;

    /** Empty if it cannot be read, or if they were given back. */
    private Optional<PageBytes> bytes;

    /** Where bytes that were given back are read again; null if they were not. */
    private PageSource again;

    /** Another page of the same frame; null if there is none. */
    private Page other;

    private DataPage reached;

    Page(Kind kind, long address, long frame, Optional<PageBytes> bytes) {
      this.kind = kind;
      this.address = address;
      this.frame = frame;
      this.bytes = bytes;
    }

    /** What was reached of it; null if nothing was. */
    DataPage reached() {
      return reached;
    }

    void reached(DataPage now) {
      reached = now;
    }

    /** Number of the frame that holds it. */
    long frame() {
      return frame;
    }

    /** Another page of the same frame; null if there is none. */
    Page other() {
      return other;
    }

    Kind kind() {
      return kind;
    }

    /**
     * Empty if it cannot be read.
     *
     * @throws IllegalStateException if they were given back and cannot be read again
     */
    Optional<PageBytes> bytes() {
      return again == null ? bytes : Optional.of(readAgain());
    }

    private PageBytes readAgain() {
      FrameNumber number = new FrameNumber(frame);
      return again
          .readUnwatched(number)
          .orElseThrow(
              () ->
                  new IllegalStateException(
                      "data at "
                          + Long.toHexString(address)
                          + " was given back and cannot be read again: no round goes on, or nobody"
                          + " told that "
                          + number
                          + " is gone"));
    }

    /** Whether it could be read when it was looked at last. */
    private boolean isReadable() {
      return again != null || bytes.isPresent();
    }

    private void giveBack(PageSource readsAgain) {
      again = readsAgain;
      bytes = Optional.empty();
    }

    private void replace(Optional<PageBytes> now) {
      again = null;
      bytes = now;
    }
  }

  /** Half of the static area is the kernel's own window, half what is loaded behind it. */
  private static final long STATIC_BYTES = 2 * OwnWindow.SIZE;

  /** Around code that is not in the upper half. */
  private static final long NEAR = 32 << 20;

  /** Page walks that find nothing, for each page that may be looked at. */
  private static final int MOST_NOTHING_FOR_A_PAGE = 4;

  private final GuestKernel kernel;
  private final int mostPages;
  private final PointerWords words;
  private final long staticStart;
  private final long staticBytes;

  /** Mapped pages; the first stands for all that are nothing. */
  private final List<Page> pages = new ArrayList<>(List.of(Page.NOTHING));

  /** Those of them that have their bytes at hand. */
  private Set<Page> held = new LinkedHashSet<>();

  /** Places of pages by number: many numbers look like addresses of pages that are nothing. */
  private LongIndex known = new LongIndex();

  private final LongIndex byFrame = new LongIndex();
  private int nothing;

  private long lastAddress = 1;
  private Page last = Page.NOTHING;
  private int unreadable;
  private boolean exhausted;

  /** As if there were nothing elsewhere; null for everywhere. */
  private CommonAddresses only;

  /**
   * @param only as if there were nothing elsewhere; empty for everywhere
   */
  DataMemory(GuestKernel kernel, int mostPages, Optional<CommonAddresses> only) {
    this.kernel = kernel;
    this.only = only.orElse(null);
    this.mostPages = mostPages;
    this.words = new PointerWords(kernel.mode() == CodeMode.LONG_64);
    Optional<OwnWindow> window = OwnWindow.of(kernel);
    long code =
        kernel.code().regions().stream()
            .max(Comparator.comparingInt(CodeRegion::length))
            .map(CodeRegion::start)
            .orElse(0L);
    this.staticStart = window.map(OwnWindow::start).orElse(Math.max(0, code - NEAR));
    this.staticBytes = window.isPresent() ? STATIC_BYTES : 4 * NEAR;
  }

  /** Bytes of a pointer. */
  int wordBytes() {
    return words.bytes();
  }

  /** Which words may be pointers. */
  PointerWords words() {
    return words;
  }

  /** Whether an address lies where the kernel and what it loads have their code and variables. */
  boolean isStatic(long address) {
    return Long.compareUnsigned(address - staticStart, staticBytes) < 0;
  }

  /** The page around an address. */
  Page pageAt(long address) {
    long start = address & -PageBytes.SIZE;
    if (start == lastAddress) {
      return last;
    }
    // Most numbers are no addresses, and need not be remembered.
    if (!kernel.space().mode().has(address) || !sees(address)) {
      return Page.NOTHING;
    }
    lastAddress = start;
    int place = known.get(start / PageBytes.SIZE);
    last = place >= 0 ? pages.get(place) : read(start);
    return last;
  }

  /** Whether this looks there at all. */
  boolean sees(long address) {
    return only == null || only.has(address);
  }

  /** Addresses of the pages that were looked for and are nothing. */
  long[] nothing() {
    return Arrays.stream(known.keysOf(0)).map(page -> page * PageBytes.SIZE).toArray();
  }

  /** Whether none of some pages is anything here. */
  boolean hasNothing(long[] addresses, LongUnaryOperator move) {
    return Arrays.stream(addresses)
        .allMatch(address -> pageAt(move.applyAsLong(address)).kind == Kind.NONE);
  }

  /** Looks everywhere from now on. */
  void seeAll() {
    only = null;
    nothing = 0;
    lastAddress = 1;
    known = new LongIndex();
    for (int place = 1; place < pages.size(); place++) {
      known.put(pages.get(place).address / PageBytes.SIZE, place);
    }
  }

  private Page read(long start) {
    if (pages() >= mostPages || nothing >= MOST_NOTHING_FOR_A_PAGE * mostPages) {
      exhausted = true;
      return Page.NOTHING;
    }
    Page page = translate(start);
    if (page == Page.NOTHING) {
      nothing++;
      known.put(start / PageBytes.SIZE, 0);
    } else {
      known.put(start / PageBytes.SIZE, pages.size());
      pages.add(page);
      if (page.bytes.isPresent()) {
        held.add(page);
      }
      file(page);
    }
    return page;
  }

  private void file(Page page) {
    if (page.frame != NO_FRAME) {
      int place = byFrame.get(page.frame);
      if (place < 0) {
        byFrame.put(page.frame, pages.size() - 1);
      } else {
        page.other = pages.get(place).other;
        pages.get(place).other = page;
      }
    }
  }

  /** A page of data that a frame holds, which names the others; null if there is none. */
  Page pageOf(long frame) {
    int place = byFrame.get(frame);
    return place < 0 ? null : pages.get(place);
  }

  /**
   * Whether a page that holds something else, or can be read no more or at last, leads elsewhere:
   * it may if what it held was given back.
   */
  boolean leadsElsewhere(Page page, Optional<PageBytes> now) {
    return page.again != null
        || now.isPresent() != page.bytes.isPresent()
        || (now.isPresent() && words.leadElsewhere(page.bytes.orElseThrow(), now.get()));
  }

  /** Takes in what a page holds now. */
  void replace(Page page, Optional<PageBytes> now) {
    unreadable += (now.isEmpty() ? 1 : 0) - (page.isReadable() ? 0 : 1);
    if (now.isPresent()) {
      held.add(page);
    } else {
      held.remove(page);
    }
    page.replace(now);
  }

  /**
   * Gives back bytes, which are read again from the guest as it is when somebody asks. That is
   * right because a page that changes is replaced before anybody asks.
   *
   * @param keeps tells of which frames they are kept
   */
  void giveBack(LongPredicate keeps) {
    PageSource guest = kernel.space().pages();
    Set<Page> kept = new LinkedHashSet<>();
    for (Page page : held) {
      if (keeps.test(page.frame)) {
        page.bytes = page.bytes.map(PageBytes::alone);
        kept.add(page);
      } else {
        page.giveBack(guest);
      }
    }
    held = kept;
  }

  private Page translate(long start) {
    if (kernel.code().indexOf(start) >= 0) {
      return new Page(Kind.CODE, start, NO_FRAME, Optional.empty());
    }
    if (kernel.space().translate(new GuestVirtualAddress(start))
            instanceof Translation.Mapped mapped
        && !mapped.rights().user()) {
      Optional<PageBytes> bytes = kernel.space().pages().readUnwatched(mapped.frame());
      unreadable += bytes.isEmpty() ? 1 : 0;
      Kind kind = mapped.rights().writable() ? Kind.WRITABLE : Kind.READ_ONLY;
      return new Page(kind, start, mapped.frame().value(), bytes);
    }
    return Page.NOTHING;
  }

  /** Bytes of the pages that are held. */
  long heldBytes() {
    return (long) held.size() * PageBytes.SIZE;
  }

  /** Pages of data that could not be read. */
  int unreadablePages() {
    return unreadable;
  }

  /** Pages that were met. */
  int pages() {
    return pages.size() - 1;
  }

  /** Whether there was more than the bound allows. */
  boolean exhausted() {
    return exhausted;
  }
}
