package io.plumbline.signaturestore.enrol;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.golden.EnrolledRoots;
import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.GoldenCode;
import io.plumbline.introspection.golden.PointerTable;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.SymbolTable;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.CodeRegion;
import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Learns a build from known-good guests. One boot is enough to begin with; each further boot (other
 * base, other processor model, other number of processors, switches thrown both ways) adds what the
 * kernel legally makes of its own code there.
 *
 * <p>All guests must run the same build: the code that the first IDT gate leads to is taken as the
 * common point, and most other gates must then lie where the first guest has them.
 */
public final class Enrolment {
  /** Vectors whose handler marks the build's place; exceptions that every kernel handles. */
  private static final List<Integer> ANCHORS = List.of(0, 6, 13, 14);

  /** Fewer common gates than this, and the guest runs another build. */
  private static final double LEAST_COMMON_GATES = 0.8;

  private final ExplorationBudget budget;
  private final Map<Integer, SortedSet<Integer>> gates = new TreeMap<>();
  private final Map<String, SortedSet<Integer>> registers = new TreeMap<>();
  private final TableBook tables = new TableBook();
  private final SortedSet<Long> functionDigests = new TreeSet<>();
  private CodeMode mode;
  private CodeBook code;
  private long base;
  private int anchorVector;
  private long anchor;
  private int images;
  private long outsideKernel;

  public Enrolment(ExplorationBudget budget) {
    this.budget = budget;
  }

  /**
   * Learns one known-good guest.
   *
   * @param image what to call it in an error
   * @throws EnrolmentException if its kernel cannot be seen, or it runs another build than those
   *     before it
   */
  public void learn(String image, PageSource pages, List<VcpuState> vcpus)
      throws EnrolmentException {
    GuestKernel.Sight sight = GuestKernel.of(pages, vcpus, budget);
    if (sight.kernel().isEmpty()) {
      throw new EnrolmentException(image + ": " + sight.reason());
    }
    GuestKernel kernel = sight.kernel().get();
    if (!kernel.missing().isEmpty()) {
      throw new EnrolmentException(
          image + ": expected every hardware root, found none for " + kernel.missing().get(0));
    }
    long slide = images == 0 ? place(image, kernel) : slideOf(image, kernel);
    Exploration exploration =
        Exploration.from(kernel.entries(), kernel.code(), kernel.mode(), budget);
    if (exploration.budgetExhausted()) {
      throw new EnrolmentException(image + ": a bound of the exploration was reached: " + budget);
    }
    learnRoots(kernel, slide);
    learnCode(exploration, slide);
    tables.learn(kernel, exploration, pages, budget, base + slide, code.textBytes());
    for (long digest : exploration.measure().functionDigests()) {
      functionDigests.add(digest);
    }
    images++;
  }

  /** How far from {@link #base} the kernel's image may reach, in bytes. */
  public static int mostImageBytes() {
    return (int) KernelWindow.IMAGE_BYTES;
  }

  /** Offset 0 in the first guest: the address that symbols of that guest count from. */
  public long base() {
    return base;
  }

  /** Reached instructions outside the kernel's own code, which a signature does not cover. */
  public long instructionsOutsideKernel() {
    return outsideKernel;
  }

  /**
   * The signature of what was learnt.
   *
   * @param id as yet without meaning: the store gives a signature the digest of its file
   * @param symbols of the first guest; those of code and of pointer tables are kept
   */
  public EnrolledSignature finish(SignatureId id, BuildName name, SymbolTable symbols)
      throws EnrolmentException {
    if (images == 0) {
      throw new EnrolmentException(name.build() + ": expected at least one guest, found none");
    }
    GoldenCode golden = code.finish();
    List<PointerTable> pointerTables = tables.finish();
    Set<Integer> tableOffsets =
        pointerTables.stream().map(PointerTable::offset).collect(Collectors.toSet());
    return new EnrolledSignature(
        id,
        name,
        mode,
        base,
        new EnrolledRoots(gates, registers),
        golden,
        pointerTables,
        functionDigests.stream().mapToLong(Long::longValue).toArray(),
        symbols.only(offset -> offset < golden.text().length || tableOffsets.contains(offset)),
        SecondOpinion.on(golden, mode),
        images);
  }

  private long place(String image, GuestKernel kernel) throws EnrolmentException {
    for (int vector : ANCHORS) {
      Optional<GuestVirtualAddress> handler = kernel.handler(vector);
      Optional<CodeRegion> region =
          handler.flatMap(address -> kernel.code().regionAt(address.value()));
      if (region.isPresent()) {
        mode = kernel.mode();
        base = region.get().start();
        anchorVector = vector;
        anchor = handler.get().value();
        code = new CodeBook(InstructionDecoder.forMode(mode), region.get().length());
        return 0;
      }
    }
    throw new EnrolmentException(
        image + ": expected an IDT gate of vector " + ANCHORS + " that leads to code, found none");
  }

  private long slideOf(String image, GuestKernel kernel) throws EnrolmentException {
    GuestVirtualAddress handler =
        kernel
            .handler(anchorVector)
            .orElseThrow(
                () ->
                    new EnrolmentException(
                        image + ": expected a gate for vector " + anchorVector + ", found none"));
    long slide = handler.value() - anchor;
    long known = 0;
    long common = 0;
    for (HardwareRoot root : kernel.roots()) {
      SortedSet<Integer> offsets = gates.get(root.vector());
      if (root.kind() == HardwareRoot.Kind.IDT_GATE && offsets != null) {
        known++;
        long offset = root.target().value() - base - slide;
        common += offset == (int) offset && offsets.contains((int) offset) ? 1 : 0;
      }
    }
    if (kernel.mode() != mode || common < LEAST_COMMON_GATES * known) {
      throw new EnrolmentException(
          image
              + ": expected the same build as the first guest, found only "
              + common
              + " of "
              + known
              + " IDT gates in their places");
    }
    return slide;
  }

  private void learnRoots(GuestKernel kernel, long slide) {
    for (HardwareRoot root : kernel.roots()) {
      long offset = root.target().value() - base - slide;
      if (offset == (int) offset) {
        SortedSet<Integer> offsets =
            root.kind() == HardwareRoot.Kind.IDT_GATE
                ? gates.computeIfAbsent(root.vector(), vector -> new TreeSet<>())
                : registers.computeIfAbsent(root.kind().name(), name -> new TreeSet<>());
        offsets.add((int) offset);
      }
    }
  }

  private void learnCode(Exploration exploration, long slide) {
    KernelWindow window = new KernelWindow(base + slide, KernelWindow.IMAGE_BYTES, mode);
    InstructionDecoder decoder = InstructionDecoder.forMode(mode);
    exploration.forEachInstruction(
        (region, offset, length) -> {
          long place = region.start() - base - slide + offset;
          if (place < 0 || place > code.textBytes() - length) {
            outsideKernel++;
            return true;
          }
          long instruction = decoder.decode(region.bytes(), offset, region.length());
          code.learn(
              CodeBook.atSlideZero(
                  region.bytes(),
                  offset,
                  length,
                  (int) place,
                  slide,
                  window.fields(region.bytes(), offset, instruction, region.start() + offset)),
              slide);
          return true;
        });
  }
}
