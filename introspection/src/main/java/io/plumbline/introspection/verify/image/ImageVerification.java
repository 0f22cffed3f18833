package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.verify.dynamic.DynamicCode;
import io.plumbline.introspection.verify.dynamic.KernelProbes;
import io.plumbline.introspection.verify.dynamic.TracerTrampolines;
import io.plumbline.introspection.verify.patch.BootFacts;
import io.plumbline.introspection.verify.patch.DataFault;
import java.util.List;
import java.util.Map;

/**
 * What byte-exact comparison says about one guest's kernel.
 *
 * @param slide bytes between where the image is linked and where the guest has it
 * @param facts what this boot decided
 * @param traced how many functions call the function tracer, by the address called
 * @param trampolines checked copies of the tracer that they call
 * @param probes armed kprobes in the image's text
 * @param elsewhere executable memory outside the image's text
 * @param pages how many pages have each verdict
 * @param textBytes bytes of text that were compared
 * @param readOnlyBytes bytes of read-only data that were compared
 * @param unexplainedBytes compared bytes that obey no rule
 * @param unreadableBytes bytes of the image that could not be read
 * @param deviations what is not as it must be, by address, at most {@link #MOST_DEVIATIONS}
 * @param droppedDeviations further ones that were counted and not kept
 * @param dataUnread data that decides what sites hold was not handed over, so that a site which
 *     deviates may be as it must be
 * @param faults words of the guest's data that decide what its text is and break a rule
 * @param remapped pages that do not lie where the rest of the image lies
 * @param blindSpots what was decided without data that could not be read
 */
public record ImageVerification(
    long slide,
    BootFacts facts,
    Map<Long, Integer> traced,
    List<TracerTrampolines.Trampoline> trampolines,
    List<KernelProbes.Armed> probes,
    List<DynamicCode> elsewhere,
    Map<PageVerdict, Integer> pages,
    long textBytes,
    long readOnlyBytes,
    long unexplainedBytes,
    long unreadableBytes,
    List<Deviation> deviations,
    int droppedDeviations,
    boolean dataUnread,
    List<DataFault> faults,
    List<RemappedPage> remapped,
    List<String> blindSpots) {
  /** Deviations kept: beyond it a guest is another kernel and not a tampered one. */
  public static final int MOST_DEVIATIONS = 256;

  public ImageVerification {
    traced = Map.copyOf(traced);
    trampolines = List.copyOf(trampolines);
    probes = List.copyOf(probes);
    elsewhere = List.copyOf(elsewhere);
    pages = Map.copyOf(pages);
    deviations = List.copyOf(deviations);
    faults = List.copyOf(faults);
    remapped = List.copyOf(remapped);
    blindSpots = List.copyOf(blindSpots);
  }

  /** Whether every byte was read and is explained, so that the build's name is exact. */
  public boolean explainsEveryByte() {
    return unexplainedBytes == 0 && unreadableBytes == 0 && faults.isEmpty();
  }

  /** Bytes that were not compared because a rule lets them be anything: there are none. */
  public long maskedBytes() {
    return 0;
  }
}
