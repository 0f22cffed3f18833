package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.reach.PointerRule;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.patch.ImageNames;

/**
 * The second trust rule for a kernel whose build is known: a pointer may be followed if it leads to
 * a function whose code is as it must be; pieces of data are the build's variables.
 */
final class TrustedPointers implements PointerRule {
  /** Bytes of a variable that are looked through: the largest tables of pointers have fewer. */
  private static final long LARGEST_VARIABLE = 1 << 20;

  private static final String FIRST_OF_ARRAY = "__start_";
  private static final String BEHIND_ARRAY = "__stop_";

  private final PlacedImage placed;
  private final KernelWithModules named;
  private final CodeTrust trust;
  private final OtherExecutables others;
  private final ImageNames names;
  private final long start;
  private final long bytes;

  TrustedPointers(KernelWithModules named, CodeTrust trust, OtherExecutables others) {
    this.named = named;
    this.placed = named.kernel();
    this.trust = trust;
    this.others = others;
    this.names = placed.verifier().layout().names();
    this.start = placed.addressOf(0);
    this.bytes = placed.verifier().layout().end();
  }

  @Override
  public Target check(long address) {
    if (trust.isTrustedFunction(address)) {
      return Target.FUNCTION;
    }
    // Places in code have their addresses in many tables. If code was changed there, that is told
    // of the code, and who has the address is not to blame.
    boolean told = isKept(address) || others.mayBePointedTo(address);
    return told ? Target.INSIDE : Target.FOREIGN;
  }

  /** Whether it is code that stays: what a module gave back after its start may be anybody's. */
  private boolean isKept(long address) {
    return named.contains(address) || named.modules().isKept(address);
  }

  @Override
  public long startOf(long address) {
    int at = symbolAt(address);
    return at < 0 ? address : placed.addressOf(names.symbols().offsets()[at]);
  }

  @Override
  public long endOf(long address) {
    int at = symbolAt(address);
    if (at < 0) {
      return address;
    }
    ImageSymbols symbols = names.symbols();
    long start = symbols.offsets()[at];
    long next = at + 1 < symbols.size() ? symbols.offsets()[at + 1] : start;
    long end = Math.max(next, endOfArray(at));
    return placed.addressOf(Math.min(end, start + LARGEST_VARIABLE));
  }

  /**
   * Where the array ends that the linker gathered from all files and whose first element is here.
   */
  private long endOfArray(int symbol) {
    ImageSymbols symbols = names.symbols();
    long start = symbols.offsets()[symbol];
    for (int at = symbol; at >= 0 && symbols.offsets()[at] == start; at--) {
      String name = symbols.names().get(at);
      if (name.startsWith(FIRST_OF_ARRAY)) {
        return names.find(BEHIND_ARRAY + name.substring(FIRST_OF_ARRAY.length())).orElse(start);
      }
    }
    return start;
  }

  /** The last symbol at or before an address of the image's data, -1 if it is not in there. */
  private int symbolAt(long address) {
    long offset = address - start;
    return offset >= 0 && offset < bytes ? names.symbolAt(offset) : -1;
  }
}
