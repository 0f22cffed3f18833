package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.Translation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
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

  /** None of a page's first byte. */
  private static final long NO_ADDRESS = 1;

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
    private static final Page NOTHING = new Page(null, DataPlaces.NONE, Kind.NONE, 0, NO_FRAME);

    private final DataMemory memory;
    private final int place;
    private final Kind kind;
    private final long address;
    private final long frame;

    /** Empty if it cannot be read, or if they were given back. */
    private Optional<PageBytes> bytes = Optional.empty();

    /** Whether bytes that were given back are read again. */
    private boolean isReadAgain;

    private Page(DataMemory memory, int place, Kind kind, long address, long frame) {
      this.memory = memory;
      this.place = place;
      this.kind = kind;
      this.address = address;
      this.frame = frame;
    }

    /** The same without what it holds, for who has nothing to do with the guest any more. */
    Page withoutContent() {
      return new Page(null, place, kind, address, frame);
    }

    /** Place among the pages that were met. */
    int place() {
      return place;
    }

    /** Number of what was reached of it, -1 if nothing was. */
    int reachedAs() {
      return memory.places.reachedAs(place);
    }

    void reachedAs(int number) {
      memory.places.reachedAs(place, number);
    }

    long address() {
      return address;
    }

    /** Number of the frame that holds it. */
    long frame() {
      return frame;
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
      return isReadAgain ? Optional.of(memory.readAgain(this)) : bytes;
    }

    private void replace(Optional<PageBytes> now) {
      isReadAgain = false;
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

  /** Mapped pages. */
  private final DataPlaces places = new DataPlaces();

  /** Those of them that were asked for since bytes were given back, by their places. */
  private Page[] awake = {};

  /** Those of them that have their bytes at hand. */
  private Set<Page> held = new LinkedHashSet<>();

  /** Those of them that somebody goes on with though bytes were given back. */
  private Set<Page> staying = Set.of();

  /** Addresses of pages that are nothing: many numbers look like some. */
  private final LongSet nothing = new LongSet();

  private long lastAddress = NO_ADDRESS;
  private Page last = Page.NOTHING;

  /** Places of those that cannot be read. */
  private final BitSet unreadable = new BitSet();

  private boolean exhausted;

  /** Numbers below are of pages that another guest reached, too. */
  private int others;

  /** As if there were nothing elsewhere; null for everywhere. */
  private final CommonAddresses only;

  /** Whether the lower half of the addresses is that of whichever program runs. */
  private final boolean lowerIsPrograms;

  /**
   * @param only as if there were nothing elsewhere; empty for everywhere
   */
  DataMemory(GuestKernel kernel, int mostPages, Optional<CommonAddresses> only) {
    this.kernel = kernel;
    this.only = only.orElse(null);
    this.mostPages = mostPages;
    this.words = PointerWords.of(kernel);
    Optional<OwnWindow> window = OwnWindow.of(kernel);
    long code =
        kernel.code().regions().stream()
            .max(Comparator.comparingInt(CodeRegion::length))
            .map(CodeRegion::start)
            .orElse(0L);
    this.staticStart = window.map(OwnWindow::start).orElse(Math.max(0, code - NEAR));
    this.staticBytes = window.isPresent() ? STATIC_BYTES : 4 * NEAR;
    this.lowerIsPrograms = window.isPresent();
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
    if (!kernel.space().mode().has(address) || !sees(address) || isOfPrograms(start)) {
      return Page.NOTHING;
    }
    int place = places.at(start);
    last = place >= 0 ? placed(place) : nothing.has(start) ? Page.NOTHING : read(start);
    lastAddress = start;
    return last;
  }

  /**
   * Whether an address is whichever program's: a kernel in the upper half has no data in the lower
   * one, whose tables are others whenever another task runs. Code there is code all the same.
   */
  private boolean isOfPrograms(long start) {
    return lowerIsPrograms && start >= 0 && kernel.code().indexOf(start) < 0;
  }

  /** The page at a place. */
  Page placed(int place) {
    if (place >= awake.length) {
      boolean isFirst = awake.length == 0;
      awake = Arrays.copyOf(awake, Math.max(places.size(), place + (place >> 1)));
      if (isFirst) {
        held.forEach(page -> awake[page.place] = page);
        staying.forEach(page -> awake[page.place] = page);
      }
    }
    if (awake[place] == null) {
      Page page =
          new Page(this, place, places.kind(place), places.address(place), places.frame(place));
      page.isReadAgain = page.kind != Kind.CODE && !unreadable.get(place);
      awake[place] = page;
    }
    return awake[place];
  }

  /**
   * What the page around an address is in every guest that goes on from the same other one: {@link
   * Kind#NONE} if it may be anything. Nothing is read for it.
   */
  Kind kindOfOthers(long address) {
    int place = places.at(address & -PageBytes.SIZE);
    boolean isOthers =
        place >= 0 && places.reachedAs(place) >= 0 && places.reachedAs(place) < others;
    return isOthers ? places.kind(place) : Kind.NONE;
  }

  /**
   * Takes note that so many pages were reached by another guest, and are here what they are there.
   */
  void goesOnFrom(int pages) {
    others = pages;
  }

  /** Whether this looks there at all. */
  boolean sees(long address) {
    return only == null || only.has(address);
  }

  /** Addresses of the pages that were looked for and are nothing. */
  long[] nothing() {
    return nothing.toArray();
  }

  /** Whether none of some pages is anything here. */
  boolean hasNothing(long[] addresses, LongUnaryOperator move) {
    return Arrays.stream(addresses)
        .allMatch(address -> pageAt(move.applyAsLong(address)).kind == Kind.NONE);
  }

  private Page read(long start) {
    if (pages() >= mostPages || nothing.size() >= MOST_NOTHING_FOR_A_PAGE * mostPages) {
      exhausted = true;
      return Page.NOTHING;
    }
    if (kernel.code().indexOf(start) >= 0) {
      return placed(places.add(Kind.CODE, start, NO_FRAME));
    }
    if (kernel.space().translate(new GuestVirtualAddress(start))
            instanceof Translation.Mapped mapped
        && !mapped.rights().user()) {
      Kind kind = mapped.rights().writable() ? Kind.WRITABLE : Kind.READ_ONLY;
      Page page = placed(places.add(kind, start, mapped.frame().value()));
      replace(page, kernel.space().pages().readUnwatched(mapped.frame()));
      return page;
    }
    nothing.add(start);
    return Page.NOTHING;
  }

  /** The pages of data that a frame holds. */
  List<Page> pagesOf(long frame) {
    List<Page> pages = new ArrayList<>(2);
    places.forEachOf(frame, place -> pages.add(placed(place)));
    return pages;
  }

  /** Whether something was reached of a page that a frame holds. */
  boolean isReached(long frame) {
    boolean[] reached = {false};
    places.forEachOf(frame, place -> reached[0] |= places.reachedAs(place) >= 0);
    return reached[0];
  }

  /**
   * Whether a page that holds something else, or can be read no more or at last, leads elsewhere:
   * it may if what it held was given back.
   */
  boolean leadsElsewhere(Page page, Optional<PageBytes> now) {
    return page.isReadAgain
        || now.isPresent() != page.bytes.isPresent()
        || (now.isPresent() && words.leadElsewhere(page.bytes.orElseThrow(), now.get()));
  }

  /** Takes in what a page holds now. */
  void replace(Page page, Optional<PageBytes> now) {
    unreadable.set(page.place, now.isEmpty());
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
   * @param goOn pages that somebody has and goes on with
   */
  void giveBack(LongPredicate keeps, Set<Page> goOn) {
    awake = new Page[0];
    Set<Page> kept = new LinkedHashSet<>();
    for (Page page : held) {
      if (keeps.test(page.frame)) {
        page.bytes = page.bytes.map(PageBytes::alone);
        kept.add(page);
      } else {
        page.isReadAgain = true;
        page.bytes = Optional.empty();
      }
    }
    held = kept;
    staying = goOn;
    lastAddress = NO_ADDRESS;
    last = Page.NOTHING;
  }

  private PageBytes readAgain(Page page) {
    FrameNumber number = new FrameNumber(page.frame);
    return kernel
        .space()
        .pages()
        .readUnwatched(number)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "data at "
                        + Long.toHexString(page.address)
                        + " was given back and cannot be read again: no round goes on, or nobody"
                        + " told that "
                        + number
                        + " is gone"));
  }

  /** Bytes of heap, about, those of pages that are held among them. */
  long heldBytes() {
    return (long) held.size() * PageBytes.SIZE
        + (long) awake.length * Integer.BYTES
        + places.heldBytes()
        + nothing.heldBytes();
  }

  /** Pages of data that could not be read. */
  int unreadablePages() {
    return unreadable.cardinality();
  }

  /** Pages that were met. */
  int pages() {
    return places.size();
  }

  /** Whether there was more than the bound allows. */
  boolean exhausted() {
    return exhausted;
  }
}
