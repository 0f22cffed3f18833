package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.CodeMemory;
import io.plumbline.introspection.reach.CodeRegion;
import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.SystemCallHandlers;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.TextRules;
import io.plumbline.introspection.verify.patch.TypicalBoots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Canonical digests of an image's functions, as guests that booted it would show them: for the
 * shortlist of builds, and for how far two builds are apart.
 */
public final class ImageDigests {
  /** Exceptions that a guest is named by; a function's digest depends on where one comes from. */
  private static final List<Integer> NAMING_VECTORS = List.of(0, 14, 6, 13, 8);

  /** The first device vector that is always a stub's (0x20 had a use of its own up to 6.6). */
  private static final int FIRST_STUB = 0x21;

  private final KernelImage image;
  private final ImageLayout layout;
  private final List<byte[]> texts;
  private final ImageEntries entries;
  private final ExplorationBudget budget;

  /**
   * Predicts the image's texts.
   *
   * @throws IllegalArgumentException if the image lacks a symbol that the rules rest on
   */
  public ImageDigests(KernelImage image, ExplorationBudget budget) {
    this.image = image;
    this.layout = ImageLayout.of(image);
    this.texts = TypicalBoots.of(layout, new TextRules(layout));
    this.entries = ImageEntries.of(image);
    this.budget = budget;
  }

  /** Digests of everything that interrupts and system calls lead to, ascending, each once. */
  public long[] ofAll() {
    SortedSet<Long> digests = new TreeSet<>();
    List<Long> all = new ArrayList<>();
    for (int vector : entries.vectors()) {
      all.addAll(entries.of(HardwareRoot.Kind.IDT_GATE, vector));
    }
    all.addAll(systemCalls());
    for (byte[] text : texts) {
      for (int vector : NAMING_VECTORS) {
        add(digests, text, entries.of(HardwareRoot.Kind.IDT_GATE, vector));
      }
      add(digests, text, all);
    }
    return digests.stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * Digests of each entry's closure by the entry's name, in one typical text: vectors ascending, of
   * device vectors one, then system calls.
   */
  public Map<String, long[]> byEntry() {
    Map<String, long[]> closures = new LinkedHashMap<>();
    byte[] text = texts.get(0);
    for (int vector : entries.vectors()) {
      SortedSet<Long> gates = entries.of(HardwareRoot.Kind.IDT_GATE, vector);
      Optional<Long> own =
          gates.stream().filter(each -> isOwn(layout.names().nameOf(each))).findFirst();
      if (vector > FIRST_STUB && own.isEmpty()) {
        continue; // The stubs of a row lead to the same code.
      }
      long gate = own.orElse(gates.first());
      String name = own.map(layout.names()::nameOf).orElse("device interrupt");
      closures.put("IDT[" + vector + "] " + name, digests(text, List.of(gate)));
    }
    closures.put("system calls", digests(text, systemCalls()));
    return closures;
  }

  /** Whether an entry is of one vector alone, and not a stub of a row. */
  private static boolean isOwn(String name) {
    return name.startsWith("asm_") || name.startsWith("entry_");
  }

  /** What system call registers and tables lead to. */
  private List<Long> systemCalls() {
    List<Long> calls = new ArrayList<>();
    for (HardwareRoot.Kind kind : HardwareRoot.Kind.values()) {
      calls.addAll(entries.of(kind, HardwareRoot.NO_VECTOR));
    }
    for (int i = 0; i < image.symbols().size(); i++) {
      if (SystemCallHandlers.isOne(image.symbols().names().get(i))) {
        calls.add(image.symbols().offsets()[i]);
      }
    }
    return calls;
  }

  private void add(SortedSet<Long> digests, byte[] text, Iterable<Long> offsets) {
    List<Long> list = new ArrayList<>();
    offsets.forEach(list::add);
    for (long digest : digests(text, list)) {
      digests.add(digest);
    }
  }

  private long[] digests(byte[] text, List<Long> offsets) {
    return digests(layout, text, offsets, budget);
  }

  static long[] digests(
      ImageLayout layout, byte[] text, List<Long> offsets, ExplorationBudget budget) {
    return exploration(layout, text, offsets, budget).measure().functionDigests();
  }

  /** What entries lead to by direct flow. */
  static Exploration exploration(
      ImageLayout layout, byte[] text, List<Long> offsets, ExplorationBudget budget) {
    KernelImage image = layout.image();
    byte[] code = Arrays.copyOf(text, layout.textBytes());
    List<GuestVirtualAddress> roots =
        offsets.stream()
            .filter(offset -> offset >= 0 && offset < code.length)
            .map(offset -> new GuestVirtualAddress(image.base() + offset))
            .toList();
    return Exploration.from(
        roots, CodeMemory.of(new CodeRegion(image.base(), code, false)), image.mode(), budget);
  }
}
