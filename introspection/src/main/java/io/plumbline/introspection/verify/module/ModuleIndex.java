package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.Kept;
import io.plumbline.introspection.golden.image.KernelExports;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.golden.image.ModuleOutline;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * The modules of one build, for look-up by what a page holds. Shared by all guests and threads of a
 * process; modules that guests have are kept unpacked while there is memory.
 */
public final class ModuleIndex {
  /** Modules kept unpacked: several times what one guest loads. */
  private static final int MOST_UNPACKED = 1024;

  private static final int FILTER_BITS = 18;

  private final ModuleBook book;
  private final List<ModuleOutline> outlines;
  private final ImageLayout kernel;
  private final Map<String, Long> kernelExports;
  private final long[] anchors;
  private final int[] anchorModules;
  private final int[] anchorPages;
  private final BitSet filter = new BitSet(1 << FILTER_BITS);
  private final int[] small;
  private final Map<Integer, List<Integer>> alike = new HashMap<>();
  private final Map<Integer, Kept<PreparedModule>> unpacked =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Kept<PreparedModule>> eldest) {
          return size() > MOST_UNPACKED;
        }
      };

  private record Anchor(long digest, int module, int page) {}

  /**
   * Indexes a build's modules.
   *
   * @param kernel of the same build
   */
  public ModuleIndex(ModuleBook book, ImageLayout kernel) {
    this.book = book;
    this.outlines = List.copyOf(book.outlines());
    this.kernel = kernel;
    this.kernelExports = KernelExports.of(kernel.image());
    List<Anchor> all = new ArrayList<>();
    for (int module = 0; module < outlines.size(); module++) {
      ModuleOutline outline = outlines.get(module);
      for (int i = 0; i < outline.anchors().length; i++) {
        all.add(new Anchor(outline.anchors()[i], module, outline.anchorPages()[i]));
      }
      alike.computeIfAbsent(outline.alike(), first -> new ArrayList<>()).add(module);
    }
    all.sort((a, b) -> Long.compare(a.digest, b.digest));
    anchors = all.stream().mapToLong(Anchor::digest).toArray();
    anchorModules = all.stream().mapToInt(Anchor::module).toArray();
    anchorPages = all.stream().mapToInt(Anchor::page).toArray();
    Arrays.stream(anchors).forEach(digest -> filter.set(slot(digest)));
    small =
        IntStream.range(0, outlines.size())
            .filter(i -> outlines.get(i).anchors().length == 0)
            .filter(i -> outlines.get(i).alike() == i && outlines.get(i).textBytes() > 0)
            .filter(i -> outlines.get(i).textBytes() <= PageBytes.SIZE)
            .toArray();
  }

  private static int slot(long digest) {
    return (int) (digest >>> (Long.SIZE - FILTER_BITS));
  }

  /** Tells the anchors that have {@code digest}. */
  void forEachAnchor(long digest, IntConsumer anchor) {
    if (!filter.get(slot(digest))) {
      return;
    }
    int at = Arrays.binarySearch(anchors, digest);
    if (at < 0) {
      return;
    }
    while (at > 0 && anchors[at - 1] == digest) {
      at--;
    }
    for (; at < anchors.length && anchors[at] == digest; at++) {
      anchor.accept(at);
    }
  }

  int moduleOf(int anchor) {
    return anchorModules[anchor];
  }

  int pageOf(int anchor) {
    return anchorPages[anchor];
  }

  /** One of each kind of modules that only trying finds, of a page at most. */
  int[] small() {
    return small;
  }

  /**
   * Unpacks the modules that every guest is held against that has a page of code without another
   * owner.
   *
   * @return what keeps them unpacked
   * @throws IllegalStateException if one cannot be unpacked
   */
  public Unpacked unpackSmall() {
    return new Unpacked(this, Arrays.stream(small).mapToObj(this::module).toList());
  }

  /** An index, and modules of it that stay unpacked as long as this is held. */
  public static final class Unpacked {
    private final ModuleIndex index;
    private final List<PreparedModule> modules;

    private Unpacked(ModuleIndex index, List<PreparedModule> modules) {
      this.index = index;
      this.modules = modules;
    }

    /** How many modules are unpacked. */
    public int size() {
      return modules.size();
    }

    /** The index. */
    public ModuleIndex index() {
      return index;
    }
  }

  /** The modules whose code is that of {@code module} but for what is linked and patched. */
  List<Integer> alike(int module) {
    return alike.get(outlines.get(module).alike());
  }

  ModuleOutline outline(int module) {
    return outlines.get(module);
  }

  /** How many anchors find modules. */
  public int anchors() {
    return anchors.length;
  }

  /** How many modules there are. */
  public int size() {
    return outlines.size();
  }

  ImageLayout kernel() {
    return kernel;
  }

  /** Offsets of what the kernel exports, by name. */
  Map<String, Long> kernelExports() {
    return kernelExports;
  }

  /** A module unpacked. Others that want it wait rather than unpack it too. */
  PreparedModule module(int index) {
    return place(index).get(() -> PreparedModule.of(book.image(index)));
  }

  private Kept<PreparedModule> place(int index) {
    synchronized (unpacked) {
      return unpacked.computeIfAbsent(index, any -> new Kept<>());
    }
  }
}
