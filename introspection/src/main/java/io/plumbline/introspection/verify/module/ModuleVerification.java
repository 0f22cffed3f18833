package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.verify.dynamic.KernelProbes;
import io.plumbline.introspection.verify.image.Deviation;
import io.plumbline.introspection.verify.patch.DataFault;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What byte-exact comparison says about one module of a guest.
 *
 * @param names of the module; several if nothing that the guest holds tells them apart
 * @param address linear, of its code
 * @param pages of its code
 * @param textBytes bytes of code that were compared
 * @param readOnlyBytes bytes of read-only data that were compared
 * @param patchedBytes compared bytes that differ from the linked file and are as they must be
 * @param unexplainedBytes compared bytes that obey no rule
 * @param unreadableBytes bytes that could not be read
 * @param deviations what is not as it must be, by address, at most {@link #MOST_DEVIATIONS};
 *     offsets are places in the module's image
 * @param droppedDeviations further ones that were counted and not kept
 * @param changed the code, if it is not as it must be
 * @param initialisation code that is freed once the module is initialised is still there, and as it
 *     must be
 * @param dataUnread data that decides what sites hold was not handed over, so that a site which
 *     deviates may be as it must be
 * @param faults words of the guest's data that decide what the code is and break a rule
 * @param traced how many functions call the function tracer, by the address called
 * @param probes armed kprobes in its code
 * @param blindSpots what could not be compared, or was decided without data
 */
public record ModuleVerification(
    List<String> names,
    long address,
    int pages,
    long textBytes,
    long readOnlyBytes,
    long patchedBytes,
    long unexplainedBytes,
    long unreadableBytes,
    List<Deviation> deviations,
    int droppedDeviations,
    Optional<ChangedText> changed,
    boolean initialisation,
    boolean dataUnread,
    List<DataFault> faults,
    Map<Long, Integer> traced,
    List<KernelProbes.Armed> probes,
    List<String> blindSpots) {
  /** Deviations kept of one module. */
  public static final int MOST_DEVIATIONS = 64;

  /** Names of modules that are alike which a text for people shows. */
  private static final int MOST_NAMES = 3;

  public ModuleVerification {
    names = List.copyOf(names);
    deviations = List.copyOf(deviations);
    faults = List.copyOf(faults);
    traced = Map.copyOf(traced);
    probes = List.copyOf(probes);
    blindSpots = List.copyOf(blindSpots);
  }

  /** Whether every byte of code and read-only data was read and is explained. */
  public boolean explainsEveryByte() {
    return unexplainedBytes == 0 && unreadableBytes == 0 && faults.isEmpty();
  }

  /** Whether every byte of its code from a linear address on was found to be as it must be. */
  public boolean explains(long from, int length) {
    return droppedDeviations == 0
        && deviations.stream()
            .filter(each -> each.region() == Deviation.Region.TEXT)
            .noneMatch(
                each -> each.address() < from + length && from < each.address() + each.length());
  }

  /** {@code module loop}, or the first of those that are alike and how many more. */
  public String owner() {
    return ownerOf(names);
  }

  static String ownerOf(List<String> names) {
    int more = names.size() - MOST_NAMES;
    return "module "
        + String.join(" or ", names.subList(0, Math.min(names.size(), MOST_NAMES)))
        + (more > 0 ? " or one of " + more + " more" : "");
  }
}
