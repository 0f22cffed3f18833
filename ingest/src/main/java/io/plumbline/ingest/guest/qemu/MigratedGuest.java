package io.plumbline.ingest.guest.qemu;

import io.plumbline.ingest.guest.layout.FrameRange;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import java.util.List;

/**
 * What a migration stream holds.
 *
 * @param machineType such as {@code pc-i440fx-7.2}
 * @param ramBytes the machine's RAM
 * @param absentBytes of that RAM, what the stream lacks
 * @param memory its pages; those that the stream lacks are empty
 * @param frames where RAM lies in guest physical memory
 * @param vcpus in the order of their numbers
 * @param missing what the stream lacks, one sentence each
 */
public record MigratedGuest(
    String machineType,
    long ramBytes,
    long absentBytes,
    PageSource memory,
    List<FrameRange> frames,
    List<VcpuState> vcpus,
    List<String> missing) {
  public MigratedGuest {
    frames = List.copyOf(frames);
    vcpus = List.copyOf(vcpus);
    missing = List.copyOf(missing);
  }

  /**
   * Whether the stream holds any page of the machine's RAM. It does not if it was saved with
   * x-ignore-shared and RAM lies in a shared file; then only its registers are of use.
   */
  public boolean holdsRam() {
    return absentBytes < ramBytes;
  }
}
