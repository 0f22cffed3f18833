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
     * Visits the fields of a page that hold addresses, also those that only reach into it.
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
  private final ReachSnapshot reached;

  /** Numbers of the pages whose instructions would be others if their addresses were. */
  private final BitSet unsteady;

  private CommonReach(
      CommonAddresses addresses,
      long[] entries,
      List<Range> code,
      CodeLikeness likeness,
      ReachSnapshot reached) {
    this.addresses = addresses;
    this.entries = entries;
    this.code = code;
    this.likeness = likeness;
    this.reached = reached;
    this.unsteady = new SteadyCode(reached.mode(), addresses, likeness).unsteady(reached.pages());
  }

  /**
   * A guest to be explored.
   *
   * @param roots the targets of the hardware's roots
   * @param gate admits instructions
   * @param rule checks pointers
   */
  public record Subject(
      Collection<GuestVirtualAddress> roots,
      GuestKernel kernel,
      GatedExploration.Gate gate,
      PointerRule rule,
      ExplorationBudget budget,
      Place image) {
    private Subject withCodeAsItIs() {
      return new Subject(roots, kernel.withCodeAsItIs(), gate, rule, budget, image);
    }

    private CommonAddresses addresses() {
      return image.in(kernel);
    }

    private long[] entries(CommonAddresses addresses) {
      return roots.stream().mapToLong(root -> addresses.placeOf(root.value())).sorted().toArray();
    }

    private ReachGraph graph(ReachNodes nodes, CommonAddresses addresses) {
      return new ReachGraph(nodes, kernel, gate, rule, budget, Optional.of(addresses));
    }
  }

  /** Executable memory, by the place of its first byte and its length. */
  private record Range(long place, long bytes) {}

  /**
   * Explores the image of a guest.
   *
   * @param likeness what the build tells of the image's code
   * @return empty if a bound was hit, something was not admitted, or a root leads out of the image
   */
  public static Optional<CommonReach> of(Subject guest, CodeLikeness likeness) {
    CommonAddresses addresses = guest.addresses();
    long[] entries = guest.entries(addresses);
    List<Range> code = code(guest.kernel(), addresses);
    if (entries.length == 0
        || entries[0] < 0
        || code.stream().anyMatch(range -> range.place < 0)
        || !addresses.isLike(addresses)) {
      return Optional.empty();
    }
    // This lasts, while the guest's code may change, or be given back.
    ReachGraph graph = guest.withCodeAsItIs().graph(new ReachNodes(addresses), addresses);
    graph.build(guest.roots().stream().mapToLong(GuestVirtualAddress::value).toArray());
    if (graph.isCut() || !graph.sweeps.refusing().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new CommonReach(addresses, entries, code, likeness, graph.snapshot()));
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
   * @return empty if it has too little in common with the first one, or a bound is hit
   */
  public Optional<Fixpoint> in(Subject guest, LongStream unexplained) {
    CommonAddresses there = guest.addresses();
    if (!isOfKind(guest, there)) {
      return Optional.empty();
    }
    BitSet unlike = unlike(guest.kernel(), there);
    if (unlike.cardinality() > MOST_UNLIKE) {
      return Optional.empty();
    }
    // What it goes on with lasts as long as the guest, and must not have all of this.
    CommonAddresses here = addresses;
    LongUnaryOperator move = address -> here.in(there, address);
    ReachGraph moved = guest.graph(new ReachNodes(reached.nodes(), there), there);
    if (!moved.continueFrom(reached, move)) {
      return Optional.empty();
    }
    Set<ReachedPage> changed = new LinkedHashSet<>();
    unexplained.forEach(page -> moved.changesOn.codeChanged(page, changed));
    unlike.stream()
        .mapToLong(page -> moved.pages.numbered(page).address)
        .forEach(page -> moved.changesOn.codeChanged(page, changed));
    Set<ReachedPage> leadOut = compareData(moved, there, changed);
    if (!moved.repair(changed)) {
      return Optional.empty();
    }
    addNew(moved, leadOut);
    addUnseen(moved, there, leadOut);
    return moved.extend(leadOut, there) ? Optional.of(new Fixpoint(moved)) : Optional.empty();
  }

  private boolean isOfKind(Subject guest, CommonAddresses there) {
    return addresses.isLike(there)
        && guest.kernel().mode() == reached.mode()
        && Arrays.equals(entries, guest.entries(there))
        && code.equals(code(guest.kernel(), there));
  }

  /** The numbers of the pages of code that are not alike, or lead into such a page. */
  private BitSet unlike(GuestKernel kernel, CommonAddresses there) {
    BitSet unlike = there.image() == addresses.image() ? new BitSet() : (BitSet) unsteady.clone();
    for (ReachedPage page : reached.pages()) {
      if (page instanceof CodePage here && !unlike.get(here.number)) {
        boolean alike =
            isAlike(here, 0, kernel, there)
                && (!here.looksBeyond || isAlike(here, PAGE, kernel, there));
        unlike.set(here.number, !alike);
      }
    }
    return unlike;
  }

  private boolean isAlike(CodePage here, int beyond, GuestKernel kernel, CommonAddresses there) {
    long address = addresses.in(there, here.address);
    CodeRegion region = kernel.code().regionAt(address).orElseThrow();
    int at = here.base + beyond;
    return at >= here.region.length()
        || likeness.areAlike(
            here.address + beyond - addresses.image(),
            here.region.bytes(),
            at,
            region.bytes(),
            region.offsetOf(address) + beyond,
            there.image() - addresses.image());
  }

  /**
   * Compares the pages of data.
   *
   * @param changed is given those that lead elsewhere among what is common
   * @return those that lead to what only this guest has
   */
  private Set<ReachedPage> compareData(
      ReachGraph moved, CommonAddresses there, Set<ReachedPage> changed) {
    Set<ReachedPage> leadOut = new LinkedHashSet<>();
    for (ReachedPage page : reached.pages()) {
      if (page instanceof DataPage here
          && moved.pages.numbered(page.number) instanceof DataPage now) {
        Optional<PageBytes> was = here.memory.bytes();
        Optional<PageBytes> is = now.memory.bytes();
        if (was.isPresent() && is.isPresent()) {
          compare(was.get(), is.get(), now, moved.memory().words(), there, changed, leadOut);
        } else if (was.isPresent() || is.isPresent()) {
          changed.add(now);
          leadOut.add(now);
        }
      }
    }
    return leadOut;
  }

  private void compare(
      PageBytes was,
      PageBytes is,
      DataPage page,
      PointerWords words,
      CommonAddresses there,
      Set<ReachedPage> changed,
      Set<ReachedPage> leadOut) {
    boolean elsewhere = false;
    boolean out = false;
    for (int at = 0; at < PAGE; at += words.bytes()) {
      long before = words.at(was, at);
      long now = words.at(is, at);
      if (words.mayLead(before) || words.mayLead(now)) {
        long place = there.placeOf(now);
        elsewhere |= place != addresses.placeOf(before);
        out |= place < 0 && words.mayLead(now);
      }
    }
    if (elsewhere) {
      changed.add(page);
    }
    if (out) {
      leadOut.add(page);
    }
  }

  /** What the first guest did not reach was not compared. */
  private void addNew(ReachGraph moved, Set<ReachedPage> leadOut) {
    leadOut.addAll(moved.pages.all().subList(reached.pages().size(), moved.pages.all().size()));
  }

  /** Adds code that has addresses outside of what is common, and looks there from now on. */
  private void addUnseen(ReachGraph moved, CommonAddresses there, Set<ReachedPage> leadOut) {
    BitSet pages = new BitSet();
    moved.targets().unseen().values().forEach(pages::or);
    moved.seeAll();
    long slide = there.image() - addresses.image();
    reached
        .unseen()
        .forEach(
            (address, having) -> {
              // Whether it is a number or an address of the image's is not known.
              if (moved.targets().isAnything(address)
                  || moved.targets().isAnything(address + slide)) {
                pages.or(having);
              }
            });
    pages.stream().mapToObj(moved.pages::numbered).forEach(leadOut::add);
  }
}
