package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where a guest has an image: each hardware root proposes the slide that would make it the entry
 * that the image has for it, and the slide that most propose is confirmed by samples of text. Half
 * of the sampled bytes must be the image's: boots patch fewer, other builds share far fewer, and no
 * single change makes an image be overlooked.
 */
public final class ImagePlacement {
  /** Exception entries by vector (kernel arch/x86/include/asm/idtentry.h and trapnr.h). */
  private static final Map<Integer, String> GATES =
      Map.ofEntries(
          Map.entry(0, "asm_exc_divide_error"),
          Map.entry(1, "asm_exc_debug"),
          Map.entry(2, "asm_exc_nmi"),
          Map.entry(3, "asm_exc_int3"),
          Map.entry(4, "asm_exc_overflow"),
          Map.entry(5, "asm_exc_bounds"),
          Map.entry(6, "asm_exc_invalid_op"),
          Map.entry(7, "asm_exc_device_not_available"),
          Map.entry(8, "asm_exc_double_fault"),
          Map.entry(10, "asm_exc_invalid_tss"),
          Map.entry(11, "asm_exc_segment_not_present"),
          Map.entry(12, "asm_exc_stack_segment"),
          Map.entry(13, "asm_exc_general_protection"),
          Map.entry(14, "asm_exc_page_fault"),
          Map.entry(16, "asm_exc_coprocessor_error"),
          Map.entry(17, "asm_exc_alignment_check"),
          Map.entry(18, "asm_exc_machine_check"),
          Map.entry(19, "asm_exc_simd_coprocessor_error"));

  private static final Map<HardwareRoot.Kind, String> REGISTERS =
      Map.of(
          HardwareRoot.Kind.LSTAR, "entry_SYSCALL_64",
          HardwareRoot.Kind.CSTAR, "entry_SYSCALL_compat",
          HardwareRoot.Kind.SYSENTER, "entry_SYSENTER_compat");

  /** Different slides that are tried before giving up; an honest guest has one. */
  private static final int MOST_CANDIDATES = 8;

  private static final int SAMPLES = 256;
  private static final int SAMPLE_BYTES = 16;

  private final ImageLayout layout;

  /** For all guests that may run {@code layout}'s image. */
  public ImagePlacement(ImageLayout layout) {
    this.layout = layout;
  }

  /** The slide, a multiple of 4096 in bytes, or empty if the guest does not run this image. */
  public OptionalLong slide(List<HardwareRoot> roots, VirtualMemory memory) {
    Map<Long, Integer> votes = new HashMap<>();
    for (HardwareRoot root : roots) {
      nameOf(root)
          .map(layout.names()::find)
          .filter(OptionalLong::isPresent)
          .map(at -> root.target().value() - layout.base() - at.getAsLong())
          .filter(slide -> slide % PageBytes.SIZE == 0)
          .ifPresent(slide -> votes.merge(slide, 1, Integer::sum));
    }
    return votes.entrySet().stream()
        .sorted(
            Map.Entry.<Long, Integer>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(MOST_CANDIDATES)
        .mapToLong(Map.Entry::getKey)
        .filter(slide -> isConfirmed(slide, memory))
        .findFirst();
  }

  private static Optional<String> nameOf(HardwareRoot root) {
    return Optional.ofNullable(
        root.kind() == HardwareRoot.Kind.IDT_GATE
            ? GATES.get(root.vector())
            : REGISTERS.get(root.kind()));
  }

  private boolean isConfirmed(long slide, VirtualMemory memory) {
    byte[] golden = layout.golden();
    int step = Math.max(SAMPLE_BYTES, layout.textBytes() / SAMPLES);
    int read = 0;
    int equal = 0;
    for (int at = 0; at + SAMPLE_BYTES <= layout.textBytes(); at += step) {
      // On a page's last bytes a sample would have to be read from two.
      int place = at & -SAMPLE_BYTES;
      Optional<PageBytes> page = memory.pageAt(layout.base() + slide + place);
      for (int i = 0; page.isPresent() && i < SAMPLE_BYTES; i++) {
        int inPage = (place & PageBytes.SIZE - 1) + i;
        equal += page.get().byteAt(inPage) == (golden[place + i] & 0xff) ? 1 : 0;
        read++;
      }
    }
    return read > 0 && 2 * equal > read;
  }
}
