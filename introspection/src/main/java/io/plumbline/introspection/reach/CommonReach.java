package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/**
 * What the image of a build leads to by itself, as one of its guests had it: what its guests have
 * in common. Who sees another one goes on from there: the same is reached in it, moved to where it
 * has its image, but for pages that differ; and then what lies outside of the image.
 *
 * <p>By law the outcome is that of {@link Fixpoint#of}. Immutable once it is made; for any thread.
 */
public final class CommonReach {
  private static final int PAGE = PageBytes.SIZE;

  /** Bytes of the longest field, which may lie across pages. */
  private static final int FIELD = Long.BYTES;

  /** A guest that differs on more pages of code is better explored by itself. */
  private static final int MOST_UNLIKE = 128;

  /** What the build tells of the pages of the image's code. */
  public interface CodeLikeness {
    /**
     * Whether two copies are the same but for addresses, which are moved as the image is.
     *
     * @param offset from the image's beginning
     * @param one copy, which begins at {@code at}
     * @param other copy, which begins at {@code otherAt}
     * @param moved bytes from where the one guest has the image to where the other has it
     */
    boolean areAlike(long offset, byte[] one, int at, byte[] other, int otherAt, long moved);

    /**
     * Visits the fields of a page that hold addresses, also those that only reach into it: of code
     * and of read-only data.
     *
     * @param offset from the image's beginning
     */
    void forEachField(long offset, FieldVisitor visitor);
  }

  /** Sees a field. */
  @FunctionalInterface
  public interface FieldVisitor {
    /**
     * A field that holds an address.
     *
     * @param at offset of its first byte from the page's beginning, may be negative
     * @param bytes that it has
     * @param along whether it grows as the image is moved up; if not it becomes less
     */
    void see(int at, int bytes, boolean along);
  }

  /**
   * Where a guest has the image.
   *
   * @param start linear address of the first byte
   * @param bytes that it takes of memory, its variables included
   */
  public record Place(long start, long bytes) {
    private CommonAddresses in(GuestKernel kernel) {
      return new CommonAddresses(start, bytes, kernel.vcpu().processorData());
    }
  }

  private final CommonAddresses addresses;
  private final long[] entries;
  private final List<Range> code;
  private final CodeLikeness likeness;
  private final KnownCode known;
  private final ReachSnapshot reached;
  private final List<CodePage> codePages;
  private final CommonData data;

  /** Numbers of the pages of the image, from its beginning on, that have such code. */
  private final BitSet reachedOfImage = new BitSet();

  /** Numbers of the pages whose instructions would be others if their addresses were. */
  private final BitSet unsteady;

  private CommonReach(
      CommonAddresses addresses,
      long[] entries,
      List<Range> code,
      CodeLikeness likeness,
      LongPredicate isAsLinked,
      ReachSnapshot reached,
      List<ReachedPage> pages) {
    this.addresses = addresses;
    this.entries = entries;
    this.code = code;
    this.likeness = likeness;
    this.known = new KnownCode((int) ((addresses.imageBytes() + PAGE - 1) / PAGE));
    this.reached = reached;
    this.codePages =
        pages.stream().filter(CodePage.class::isInstance).map(CodePage.class::cast).toList();
    this.codePages.stream()
        .filter(page -> addresses.isOfImage(page.address))
        .forEach(page -> reachedOfImage.set((int) ((page.address - addresses.image()) / PAGE)));
    this.data = new CommonData(addresses, reached.words(), pages, likeness, isAsLinked);
    this.unsteady = new SteadyCode(reached.mode(), addresses, likeness).unsteady(codePages);
  }

  /**
   * A guest to be explored.
   *
   * @param roots the targets of the hardware's roots
   * @param gate admits instructions
   * @param rule checks pointers
   * @param isAsLinked whether it is known that the page of read-only data that begins at an offset
   *     from the image's beginning is what the image has there, moved
   */
  public record Subject(
      Collection<GuestVirtualAddress> roots,
      GuestKernel kernel,
      GatedExploration.Gate gate,
      PointerRule rule,
      ExplorationBudget budget,
      Place image,
      LongPredicate isAsLinked) {
    /** The same guest, whose code stays as it is now, whatever becomes of the guest. */
    public Subject withCodeAsItIs() {
      return new Subject(roots, kernel.withCodeAsItIs(), gate, rule, budget, image, isAsLinked);
    }

    private CommonAddresses addresses() {
      return image.in(kernel);
    }

    private long[] entries(CommonAddresses addresses) {
      return roots.stream().mapToLong(root -> addresses.placeOf(root.value())).sorted().toArray();
    }

    /**
     * A graph of it.
     *
     * @param only as if there were nothing elsewhere; empty for everywhere
     */
    private ReachGraph graph(ReachNodes nodes, Optional<CommonAddresses> only) {
      return new ReachGraph(nodes, kernel, gate, rule, budget, only);
    }
  }

  /** Executable memory, by the place of its first byte and its length. */
  private record Range(long place, long bytes) {}

  /**
   * Explores the image of a guest.
   *
   * @param guest whose code does not change any more
   * @param likeness what the build tells of the image's code
   * @return empty if a bound was hit, something was not admitted, or it leads to what is not common
   */
  public static Optional<CommonReach> of(Subject guest, CodeLikeness likeness) {
    CommonAddresses addresses = guest.addresses();
    long[] entries = guest.entries(addresses);
    List<Range> code = code(guest.kernel(), addresses);
    if (entries.length == 0
        || entries[0] < 0
        || code.stream().anyMatch(range -> range.place < 0)
        || !addresses.isLike(addresses)
        || !addresses.areFew()) {
      return Optional.empty();
    }
    ReachGraph graph = guest.graph(new ReachNodes(addresses), Optional.of(addresses));
    graph.build(guest.roots().stream().mapToLong(GuestVirtualAddress::value).toArray());
    if (graph.isCut() || !graph.sweeps.refusing().isEmpty() || !graph.nodes.areCommon()) {
      return Optional.empty();
    }
    return Optional.of(
        new CommonReach(
            addresses,
            entries,
            code,
            likeness,
            guest.isAsLinked(),
            graph.snapshot(),
            graph.pages.all()));
  }

  private static List<Range> code(GuestKernel kernel, CommonAddresses addresses) {
    return kernel.code().regions().stream()
        .filter(
            region ->
                addresses.has(region.start())
                    || addresses.has(region.start() + region.length() - 1)
                    || region.contains(addresses.image()))
        .map(region -> new Range(addresses.placeOf(region.start()), region.length()))
        .toList();
  }

  /**
   * Explores another guest of the build.
   *
   * @param unexplained linear addresses of pages of code that are not what they should be
   * @param isLike whether it is known already that the page of code that begins at an offset from
   *     the image's beginning is like the first guest's, see {@link CodeLikeness#areAlike}
   * @param reuse counts pieces of code of which it was known what they say, and that were read
   * @return empty if it has too little in common with the first one, or a bound is hit
   */
  public Optional<Fixpoint> in(
      Subject guest, LongStream unexplained, LongPredicate isLike, Sharing reuse) {
    CommonAddresses there = guest.addresses();
    if (!isOfKind(guest, there)) {
      return Optional.empty();
    }
    BitSet unlike = unlike(guest.kernel(), there, isLike);
    BitSet others = there.image() == addresses.image() ? new BitSet() : unsteady;
    if (unlike.cardinality() + others.cardinality() > MOST_UNLIKE) {
      return Optional.empty();
    }
    // What it goes on with lasts as long as the guest, and must not have all of this.
    CommonAddresses here = addresses;
    LongUnaryOperator move = address -> here.in(there, address);
    ReachGraph moved = guest.graph(new ReachNodes(reached.nodes(), there), Optional.empty());
    if (!moved.continueFrom(reached, move)) {
      return Optional.empty();
    }
    moved.sweeps.goBy(new KnownCodeReader(known, moved, there, wasAlike(isLike), likeness, reuse));
    Set<ReachedPage> again = new LinkedHashSet<>();
    unexplained.forEach(page -> moved.changesOn.codeChanged(page, again));
    unlike.stream()
        .mapToLong(page -> moved.pages.numbered(page).address)
        .forEach(page -> moved.changesOn.codeChanged(page, again));
    others.stream().mapToObj(moved.pages::numbered).forEach(again::add);
    addUnseen(moved, there, again);
    return moved.extend(again, data.compare(moved, there, guest.isAsLinked(), again))
        ? Optional.of(new Fixpoint(moved))
        : Optional.empty();
  }

  /**
   * Whether a page of the image, by its number, is alike, unless it was found to be unlike. What
   * asks lasts as long as the guest.
   */
  private IntPredicate wasAlike(LongPredicate isLike) {
    BitSet compared = reachedOfImage;
    return number -> compared.get(number) || isLike.test((long) number * PAGE);
  }

  private boolean isOfKind(Subject guest, CommonAddresses there) {
    return addresses.isLike(there)
        && (there.image() - addresses.image()) % PAGE == 0
        && guest.kernel().mode() == reached.mode()
        && PointerWords.of(guest.kernel()).equals(reached.words())
        && Arrays.equals(entries, guest.entries(there))
        && code.equals(code(guest.kernel(), there));
  }

  /** The numbers of the pages of code that are not alike, or lead into such a page. */
  private BitSet unlike(GuestKernel kernel, CommonAddresses there, LongPredicate isLike) {
    BitSet unlike = new BitSet();
    for (CodePage here : codePages) {
      boolean alike =
          isAlike(here, 0, kernel, there, isLike)
              && (!here.looksBeyond || isAlike(here, PAGE, kernel, there, isLike));
      unlike.set(here.number, !alike);
    }
    return unlike;
  }

  private boolean isAlike(
      CodePage here, int beyond, GuestKernel kernel, CommonAddresses there, LongPredicate isLike) {
    long offset = here.address + beyond - addresses.image();
    if (isLike.test(offset)) {
      return true;
    }
    long address = addresses.in(there, here.address);
    CodeRegion region = kernel.code().regionAt(address).orElseThrow();
    int at = here.base + beyond;
    int now = region.offsetOf(address) + beyond;
    return at >= here.region.length()
        || likeness.areAlike(
            offset,
            here.region.bytes(),
            at,
            region.bytes(Math.max(0, now - FIELD), now + PAGE + FIELD),
            now,
            there.image() - addresses.image());
  }

  /** Adds code that has addresses outside of what is common. */
  private void addUnseen(ReachGraph moved, CommonAddresses there, Set<ReachedPage> code) {
    long slide = there.image() - addresses.image();
    reached
        .unseen()
        .forEach(
            (page, having) -> {
              // Whether it is a number or an address of the image's is not known.
              if (moved.targets().isAnything(page) || moved.targets().isAnything(page + slide)) {
                having.stream().mapToObj(moved.pages::numbered).forEach(code::add);
              }
            });
  }
}
