package io.plumbline.ingest.guest;

import io.plumbline.ingest.guest.layout.FrameRange;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import java.io.Closeable;
import java.util.List;
import java.util.Optional;

/** One saved guest: its memory and the hardware state of its vCPUs at one instant. */
public interface GuestImage extends Closeable {
  ImageFormat format();

  /** Bytes of guest memory that the image claims to hold, or the guest's RAM if it is larger. */
  long memoryBytes();

  /**
   * The memory, read from the file on demand and by any number of threads until the image is
   * closed. A frame that the image does not hold is empty. If the disk fails or the file is
   * shortened meanwhile, reading throws {@link java.io.UncheckedIOException}.
   */
  PageSource memory();

  /** The runs of frames that {@link #memory()} may hold, ascending. */
  List<FrameRange> frames();

  /** In the order of the vCPUs' numbers; at least one. */
  List<VcpuState> vcpus();

  /** What this image lacks, one sentence each: it must show in every verdict drawn from it. */
  List<String> missing();

  /** QEMU's machine type, such as {@code pc-q35-7.2}, if the image tells. */
  Optional<String> machineType();
}
