package io.plumbline.ingest.guest;

import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.ingest.guest.layout.FrameRange;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What a reader of one format found, with the file that the memory is read from. */
record SavedGuest(
    ImageFormat format,
    ImageFile file,
    long memoryBytes,
    PageSource memory,
    List<FrameRange> frames,
    List<VcpuState> vcpus,
    List<String> missing,
    Optional<String> machineType)
    implements GuestImage {
  SavedGuest {
    frames = List.copyOf(frames);
    vcpus = List.copyOf(vcpus);
    missing = List.copyOf(missing);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
