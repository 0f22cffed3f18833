package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.dynamic.RealModeCode;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.TextRules;
import java.util.List;
import java.util.OptionalLong;

/**
 * Judges every byte of a guest's kernel text and read-only data against one image: places it,
 * infers what the boot decided, predicts every byte from the image and those facts, compares.
 * Immutable; made once per image and shared by all guests and threads.
 */
public final class ImageVerifier {
  private final ImageLayout layout;
  private final TextRules rules;
  private final ReadOnlyAfterInit afterInit;
  private final ImageEntries entries;
  private final RealModeCode realMode;
  private final StaticPointers staticPointers;

  /**
   * Prepares an image's tables for comparison.
   *
   * @throws IllegalArgumentException if the image lacks a symbol that the rules rest on
   */
  public ImageVerifier(KernelImage image) {
    layout = ImageLayout.of(image);
    rules = new TextRules(layout);
    afterInit = new ReadOnlyAfterInit(layout);
    entries = ImageEntries.of(image);
    realMode = RealModeCode.of(layout);
    staticPointers = StaticPointers.of(layout);
  }

  public ImageLayout layout() {
    return layout;
  }

  public TextRules rules() {
    return rules;
  }

  /** Where the image has the hardware's roots lead, as offsets. */
  public ImageEntries entries() {
    return entries;
  }

  /** Pointers to functions in the image's writable data. */
  public StaticPointers staticPointers() {
    return staticPointers;
  }

  /** First place, and the place after the last, of what is read-only only after boot. */
  public int[] writtenAtBoot() {
    return new int[] {afterInit.start(), afterInit.end()};
  }

  /** Start and end of the jump table, then of the static-call sites, as places. */
  public int[] sortedTables() {
    return afterInit.tables();
  }

  /** Where the guest has this image; empty if it runs something else. */
  public OptionalLong slide(List<HardwareRoot> roots, AddressSpace space) {
    return new ImagePlacement(layout.base(), Outlines.of(layout.image(), new long[0]))
        .slide(roots, new VirtualMemory(space));
  }

  /**
   * Verifies a guest whose slide is known.
   *
   * @param executable what the supervisor may execute, for pointers that lead out of the image
   * @param others owners of code outside the image
   */
  public ImageVerification verify(
      long slide,
      AddressSpace space,
      PageSource memory,
      ExecutableMemory executable,
      OtherCode others,
      Workspace workspace) {
    return new StandingVerification(this, workspace)
        .verify(slide, space, memory, executable, others);
  }

  ReadOnlyAfterInit afterInit() {
    return afterInit;
  }

  RealModeCode realMode() {
    return realMode;
  }
}
