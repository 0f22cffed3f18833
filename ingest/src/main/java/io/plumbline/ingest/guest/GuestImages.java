package io.plumbline.ingest.guest;

import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.ingest.guest.layout.ImageRegions;
import io.plumbline.ingest.guest.layout.RamLayout;
import io.plumbline.ingest.guest.layout.RegionMemory;
import io.plumbline.ingest.guest.qemu.MigratedGuest;
import io.plumbline.ingest.guest.qemu.MigrationStream;
import io.plumbline.ingest.guest.registers.RegistersFile;
import io.plumbline.introspection.memory.PageBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/** Opens saved guests of any kind. */
public final class GuestImages {
  private GuestImages() {}

  /**
   * Opens an image, whose format is told by its content alone.
   *
   * @param image the file
   * @param registers the vCPUs' registers as JSON, demanded for formats that carry memory only;
   *     where the image has registers of its own, the file's count
   * @throws ImageException if the image or the registers are damaged, hostile, incomplete or of a
   *     kind that is not supported
   * @throws IOException if a file cannot be read at all
   */
  public static GuestImage open(Path image, Optional<Path> registers) throws IOException {
    // The small file first: an image of gigabytes shall not be read before a typing error shows.
    Optional<RegistersFile> given =
        registers.isPresent() ? Optional.of(RegistersFile.read(registers.get())) : Optional.empty();
    ImageFile file = ImageFile.open(image);
    try {
      return recognise(file, given);
    } catch (IOException | RuntimeException | Error e) {
      closeAfter(e, file);
      throw e;
    }
  }

  private static GuestImage recognise(ImageFile file, Optional<RegistersFile> registers)
      throws IOException {
    byte[] head = file.head(64);
    if (head.length >= 4 && ByteBuffer.wrap(head).getInt() == MigrationStream.MAGIC) {
      return migrated(ImageFormat.QEMU_MIGRATION_STREAM, file, 0, registers);
    }
    return raw(file, registers);
  }

  private static GuestImage migrated(
      ImageFormat format, ImageFile file, long start, Optional<RegistersFile> registers)
      throws IOException {
    MigratedGuest guest = MigrationStream.read(file, start);
    return new SavedGuest(
        format,
        file,
        guest.ramBytes(),
        guest.memory(),
        guest.frames(),
        registers.map(RegistersFile::vcpus).orElse(guest.vcpus()),
        guest.missing(),
        Optional.of(guest.machineType()));
  }

  private static GuestImage raw(ImageFile file, Optional<RegistersFile> registers)
      throws IOException {
    RegistersFile given = demanded(file, registers, ImageFormat.RAW);
    if (file.size() == 0
        || file.size() % PageBytes.SIZE != 0
        || file.size() > RamLayout.LARGEST_RAM) {
      throw new ImageException(
          file.path()
              + ": size of a raw image: expected a multiple of 4096 bytes, found "
              + file.size());
    }
    RamLayout layout =
        given
            .machineType()
            .flatMap(m -> RamLayout.of(m, file.size()))
            .orElse(RamLayout.flat(file.size()));
    ImageRegions regions = ImageRegions.of(layout, 0);
    return new SavedGuest(
        ImageFormat.RAW,
        file,
        file.size(),
        new RegionMemory(file, regions),
        regions.frames(),
        given.vcpus(),
        given.missing(),
        given.machineType());
  }

  private static RegistersFile demanded(
      ImageFile file, Optional<RegistersFile> registers, ImageFormat format) throws ImageException {
    return registers.orElseThrow(
        () ->
            new ImageException(
                file.path()
                    + ": a "
                    + format.title()
                    + " image holds no registers: expected them in a JSON file beside it, found"
                    + " none"));
  }

  private static void closeAfter(Throwable cause, ImageFile file) {
    try {
      file.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
