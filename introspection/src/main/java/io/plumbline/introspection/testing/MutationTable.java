package io.plumbline.introspection.testing;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.testing.ImageMutations.Mutation;
import io.plumbline.introspection.verify.image.Deviation;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.image.OtherCode;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.image.Workspace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * How many illegal changes of a clean guest are found, by class of byte. Changes are made many at
 * once; one that does not show then is made alone, since a change of many sites of one fact changes
 * the fact.
 */
public final class MutationTable {
  /** Fewer than the deviations that a verification keeps. */
  private static final int BATCH = 50;

  /**
   * One class of byte.
   *
   * @param kind the class
   * @param tried changes, each of another place
   * @param found of them at their place and with their symbol
   * @param missed the others, for people
   */
  public record Row(String kind, int tried, int found, List<String> missed) {
    public Row {
      missed = List.copyOf(missed);
    }
  }

  private final ImageVerifier verifier;
  private final PageSource memory;
  private final GuestKernel kernel;
  private final Workspace workspace = new Workspace();
  private final PlacedImage placed;
  private final ImageMutations mutations;
  private final long[] frames;

  /**
   * Prepares changes of a clean guest.
   *
   * @throws IllegalArgumentException if the guest cannot be seen, runs another kernel or is not
   *     clean
   */
  public MutationTable(ImageVerifier verifier, PageSource memory, List<VcpuState> vcpus) {
    this.verifier = verifier;
    this.memory = memory;
    this.kernel =
        GuestKernel.of(memory, vcpus, ExplorationBudget.STANDARD)
            .kernel()
            .orElseThrow(() -> new IllegalArgumentException("the guest's kernel cannot be seen"));
    ImageVerification clean = verify(memory);
    if (!clean.explainsEveryByte()) {
      throw new IllegalArgumentException("the guest is not clean: " + clean.deviations());
    }
    this.placed = new PlacedImage(verifier, clean.slide());
    this.mutations = new ImageMutations(verifier, workspace.guest().clone(), clean.slide());
    this.frames = workspace.frames().clone();
  }

  /** Tries up to {@code count} changes of every class. */
  public List<Row> tried(long seed, int count) {
    List<Row> rows = new ArrayList<>();
    for (Map.Entry<String, List<Mutation>> kind :
        mutations.draw(new Random(seed), count).entrySet()) {
      rows.add(row(kind.getKey(), distinct(kind.getValue())));
    }
    return rows;
  }

  private Row row(String kind, List<Mutation> changes) {
    List<String> missed = new ArrayList<>();
    for (int from = 0; from < changes.size(); from += BATCH) {
      List<Mutation> some = changes.subList(from, Math.min(changes.size(), from + BATCH));
      ImageVerification together = verify(mutations.apply(some, frames, memory));
      for (Mutation change : some) {
        if (!isAt(change, together) && !isFoundAlone(change)) {
          missed.add(describe(change));
        }
      }
    }
    return new Row(kind, changes.size(), changes.size() - missed.size(), missed);
  }

  private static List<Mutation> distinct(List<Mutation> drawn) {
    Set<Integer> places = new HashSet<>();
    return drawn.stream().filter(mutation -> places.add(mutation.place())).toList();
  }

  /** At its place, or as the contradiction to a fact that only this change can have made. */
  private boolean isFoundAlone(Mutation change) {
    ImageVerification alone = verify(mutations.apply(List.of(change), frames, memory));
    return isAt(change, alone) || !alone.faults().isEmpty();
  }

  private boolean isAt(Mutation change, ImageVerification seen) {
    int from = verifier.layout().offsetOf(change.place());
    int to = from + change.bytes().length;
    return seen.deviations().stream()
        .anyMatch(each -> overlaps(each, from, to) && isNamed(each, from));
  }

  private static boolean overlaps(Deviation deviation, int from, int to) {
    return deviation.offset() < to && from < deviation.offset() + deviation.length();
  }

  /** Whether it is one of the names that the image's own table has before the changed byte. */
  private boolean isNamed(Deviation deviation, int changed) {
    ImageSymbols symbols = verifier.layout().image().symbols();
    String name = deviation.symbol().split("[+]", 2)[0];
    int last = symbols.indexAtOrBefore(changed);
    long place = last < 0 ? 0 : symbols.offsets()[last];
    for (int i = last; i >= 0 && symbols.offsets()[i] == place; i--) {
      if (symbols.names().get(i).equals(name)) {
        return true;
      }
    }
    return false;
  }

  private String describe(Mutation change) {
    int offset = verifier.layout().offsetOf(change.place());
    return placed.nameOf(placed.addressOf(offset))
        + " <- "
        + HexFormat.of().formatHex(change.bytes());
  }

  private ImageVerification verify(PageSource changed) {
    AddressSpace space = AddressSpace.asMade(kernel.vcpu(), changed);
    long slide = verifier.slide(kernel.roots(), space).orElseThrow();
    return verifier.verify(slide, space, changed, kernel.executable(), OtherCode.NONE, workspace);
  }
}
