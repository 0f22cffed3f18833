package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.verify.dynamic.KernelProbes;
import io.plumbline.introspection.verify.image.OtherCode;
import io.plumbline.introspection.verify.patch.BootFacts;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/**
 * The modules of one guest. They are found before the kernel is verified, because the kernel may
 * call into them, and verified by what the kernel's text says of its boot. What is wrong with a
 * module is said once, by its own verification: its functions stay functions.
 */
public final class GuestModules implements OtherCode {
  private record Member(PlacedModule placed, List<String> names, List<String> unresolved) {}

  private final ExecutableMemory executable;
  private final boolean complete;
  private final TreeMap<Long, Member> byAddress = new TreeMap<>();
  private final TreeMap<Long, ModuleVerification> verified = new TreeMap<>();

  /**
   * Those whose initialisation had a place. It is given back when it has run, so that the next
   * module's may have the same: a guest that loads several at once has many that claim one.
   */
  private final List<Member> initialised = new ArrayList<>();

  private GuestModules(ExecutableMemory executable, boolean complete) {
    this.executable = executable;
    this.complete = complete;
  }

  /**
   * Finds the modules of a guest that runs the kernel of {@code index}; none if none are known.
   *
   * @param slide of the kernel
   * @param executable what the supervisor may execute in {@code space}
   */
  public static GuestModules find(
      ModuleIndex index, long slide, AddressSpace space, ExecutableMemory executable) {
    if (index.size() == 0) {
      return new GuestModules(executable, false);
    }
    ImageLayout kernel = index.kernel();
    VirtualMemory memory = new VirtualMemory(space);
    long base = kernel.base() + slide;
    ModuleSearch search =
        new ModuleSearch(index, memory, executable, base, base + kernel.textBytes());
    List<FoundModule> found = search.find();
    ExportedSymbols exports = new ExportedSymbols(index, slide);
    List<Long> pages = PartSearch.pagesNear(found, memory, executable);
    Map<Long, PlacedModule> first = new TreeMap<>();
    for (FoundModule each : found) {
      PlacedModule placed = new PlacedModule(index.module(each.index()), each, memory, pages);
      placed.addExports(exports);
      first.put(each.address(), placed);
    }
    GuestModules modules = new GuestModules(executable, search.isComplete());
    first.forEach(
        (address, placed) -> modules.add(address, tell(index, placed, exports, memory, pages)));
    return modules;
  }

  private void add(long address, Member member) {
    byAddress.put(address, member);
    if (member.placed.base(ModuleMemory.INIT).isPresent()) {
      initialised.add(member);
    }
  }

  /** Of modules whose code is alike the one that the guest's links and read-only data fit. */
  private static Member tell(
      ModuleIndex index,
      PlacedModule first,
      ExportedSymbols exports,
      VirtualMemory memory,
      List<Long> pages) {
    List<Integer> alike = index.alike(first.found().index());
    Member best = null;
    int fewest = Integer.MAX_VALUE;
    List<String> names = new ArrayList<>();
    for (int each : alike) {
      FoundModule found = first.found();
      PlacedModule placed =
          each == found.index()
              ? first
              : new PlacedModule(index.module(each), found, memory, pages);
      List<String> unresolved = placed.resolve(exports);
      placed.placeTables(memory, pages);
      int different = alike.size() == 1 ? 0 : placed.differing();
      if (different < fewest) {
        names.clear();
        fewest = different;
        best = new Member(placed, names, unresolved);
      }
      if (different == fewest) {
        names.add(index.outline(each).name());
      }
    }
    return best;
  }

  @Override
  public void predicted(
      Rewriting kernel, BootFacts facts, LongPredicate isTrampoline, KernelProbes probes) {
    verified.clear();
    byAddress.forEach(
        (address, member) ->
            verified.put(
                address,
                new ModuleCheck(member.placed, member.names, member.unresolved, executable)
                    .against(kernel, facts, isTrampoline, probes)));
    verified.values().removeIf(seen -> !isTold(byAddress.get(seen.address()), seen));
    byAddress.keySet().stream()
        .filter(address -> !verified.containsKey(address))
        .forEach(probes::forget);
    byAddress.keySet().retainAll(verified.keySet());
    initialised.removeIf(member -> !byAddress.containsKey(member.placed.found().address()));
  }

  /**
   * Few bytes stand still in some modules: what is not all as it must be is none of them, unless it
   * could not be told what it must be.
   */
  private static boolean isTold(Member member, ModuleVerification seen) {
    return member.placed.found().certain() || seen.unexplainedBytes() == 0 || seen.dataUnread();
  }

  @Override
  public boolean isFunction(long address) {
    return at(address).map(member -> member.placed.isFunction(address)).orElse(false);
  }

  @Override
  public Optional<String> ownerOf(long page) {
    Optional<String> owner = moduleOf(page);
    return at(page).isPresent() ? owner : owner.map(module -> module + ", initialisation");
  }

  /** The module whose code, that of its initialisation included, holds a linear address. */
  public Optional<String> moduleOf(long address) {
    return at(address)
        .or(() -> initialisedAt(address))
        .map(member -> ModuleVerification.ownerOf(member.names));
  }

  /** The module whose initialisation the code at an address is, by every byte if one's is. */
  private Optional<Member> initialisedAt(long address) {
    return initialised.stream()
        .filter(member -> explainsInitialisation(member, address))
        .findFirst()
        .or(
            () ->
                initialised.stream()
                    .filter(member -> member.placed.isInitialisation(address))
                    .filter(member -> InitialisationCode.mayBeAt(address, member.placed))
                    .findFirst());
  }

  @Override
  public boolean isKept(long page) {
    return at(page).isPresent();
  }

  @Override
  public boolean explains(long page) {
    return at(page)
        .map(member -> verified.get(member.placed.found().address()))
        .map(ModuleVerification::explainsEveryByte)
        .orElseGet(
            () -> initialised.stream().anyMatch(member -> explainsInitialisation(member, page)));
  }

  private boolean explainsInitialisation(Member member, long address) {
    ModuleVerification seen = verified.get(member.placed.found().address());
    return member.placed.isInitialisationCode(address) && seen != null && seen.initialisation();
  }

  /** The module whose code holds {@code address}. */
  private Optional<Member> at(long address) {
    Map.Entry<Long, Member> found = byAddress.floorEntry(address);
    if (found == null) {
      return Optional.empty();
    }
    long length = (long) found.getValue().placed.module().pages() * PageBytes.SIZE;
    return address - found.getKey() < length ? Optional.of(found.getValue()) : Optional.empty();
  }

  /**
   * Whether the build's modules are known and all executable memory was searched for them, so that
   * code which {@link #ownerOf} knows no owner of is no module of the build.
   */
  public boolean areComplete() {
    return complete;
  }

  /** The verification of the module whose code lies around a linear address. */
  public Optional<ModuleVerification> verificationAt(long address) {
    return at(address).map(member -> verified.get(member.placed.found().address()));
  }

  /** {@code symbol+0x12 [module]} of a linear address in a module's code. */
  public Optional<String> nameOf(long address) {
    return at(address)
        .map(
            member ->
                ModuleComparison.nameOf(
                    member.placed.image().symbols(),
                    member.names.get(0),
                    (int) (address - member.placed.found().address())));
  }

  /** Every module's verification, by address; complete once the kernel is verified. */
  public List<ModuleVerification> verifications() {
    return List.copyOf(verified.values());
  }
}
