package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.RelocatedPages;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Where a guest has its kernel in physical memory, by its own page tables. No verdict rests on it:
 * pages are told as differences from whatever it says, and told right, but at length if it is
 * wrong. So it is confirmed by what lies there.
 */
final class KernelPlace {
  private static final int PAGE = PageBytes.SIZE;

  /** Pages of text that are asked for. */
  private static final int SAMPLES = 16;

  private KernelPlace() {}

  /**
   * The frame of the image's first page; empty if most of the sampled text is not the image's.
   *
   * @param slide bytes between where the image is linked and where the guest has it
   */
  static OptionalLong firstFrame(
      RelocatedPages image, long slide, List<VcpuState> vcpus, PageSource pages) {
    List<Integer> samples = samples(image);
    Map<Long, Integer> votes = new HashMap<>();
    for (VcpuState vcpu : vcpus) {
      AddressSpace space = AddressSpace.of(vcpu, pages);
      for (int page : samples) {
        long frame = space.translateToFrame(image.image().base() + slide + (long) page * PAGE);
        if (frame >= page) {
          votes.merge(frame - page, 1, Integer::sum);
        }
      }
    }
    return votes.entrySet().stream()
        .max(
            Map.Entry.<Long, Integer>comparingByValue()
                .thenComparing(Map.Entry.<Long, Integer>comparingByKey().reversed()))
        .filter(most -> holds(image, slide, most.getKey(), samples, pages))
        .map(most -> OptionalLong.of(most.getKey()))
        .orElse(OptionalLong.empty());
  }

  private static List<Integer> samples(RelocatedPages image) {
    return image.image().sections().stream()
        .filter(ImageSection::executable)
        .findFirst()
        .map(
            text -> {
              int first = text.offset() / PAGE;
              int pages = Math.max(1, text.bytes().length / PAGE);
              int step = Math.max(1, pages / SAMPLES);
              return IntStream.range(0, Math.min(SAMPLES, pages))
                  .mapToObj(index -> first + index * step)
                  .toList();
            })
        .orElse(List.of());
  }

  private static boolean holds(
      RelocatedPages image, long slide, long first, List<Integer> samples, PageSource pages) {
    long equal = 0;
    for (int sample : samples) {
      byte[] golden = image.at(sample, 1, slide);
      equal +=
          pages
              .read(new FrameNumber(first + sample))
              .map(page -> equalBytes(page, golden))
              .orElse(0);
    }
    return 2 * equal > (long) samples.size() * PAGE;
  }

  private static int equalBytes(PageBytes page, byte[] golden) {
    int equal = 0;
    for (int at = 0; at < PAGE; at++) {
      equal += page.byteAt(at) == (golden[at] & 0xff) ? 1 : 0;
    }
    return equal;
  }
}
