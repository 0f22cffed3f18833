package io.plumbline.ingest.guest;

import io.plumbline.ingest.guest.elf.ElfCore;
import io.plumbline.ingest.guest.file.Compression;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.ingest.guest.layout.ImageRegions;
import io.plumbline.ingest.guest.layout.RamLayout;
import io.plumbline.ingest.guest.layout.RegionMemory;
import io.plumbline.ingest.guest.libvirt.LibvirtSave;
import io.plumbline.ingest.guest.plain.RangeFile;
import io.plumbline.ingest.guest.qemu.MigratedGuest;
import io.plumbline.ingest.guest.qemu.MigrationStream;
import io.plumbline.ingest.guest.registers.RegistersFile;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Opens saved guests of any kind. */
public final class GuestImages {
  private static final int LIME = 0x454d694c; // "EMiL": the magic is little-endian
  private static final String FORMATS =
      "QEMU migration stream, libvirt save, ELF core, LiME or raw memory";

  private GuestImages() {}

  /**
   * Opens an image, whose format is told by its content alone.
   *
   * @param image the file
   * @param registers the vCPUs' registers as JSON, or a migration stream of the same stopped guest,
   *     of which only the registers and the machine type are taken; demanded for formats that carry
   *     memory only; where the image has registers of its own, the file's count
   * @throws ImageException if the image or the registers are damaged, hostile, incomplete or of a
   *     kind that is not supported
   * @throws IOException if a file cannot be read at all
   */
  public static GuestImage open(Path image, Optional<Path> registers) throws IOException {
    // The small file first: an image of gigabytes shall not be read before a typing error shows.
    Optional<RegistersFile> given =
        registers.isPresent() ? Optional.of(registers(registers.get())) : Optional.empty();
    ImageFile file = ImageFile.open(image);
    try {
      return recognise(file, given);
    } catch (IOException | RuntimeException | Error e) {
      closeAfter(e, file);
      throw e;
    }
  }

  private static RegistersFile registers(Path path) throws IOException {
    try (ImageFile file = ImageFile.open(path)) {
      byte[] head = file.head(Integer.BYTES);
      if (head.length < Integer.BYTES || ByteBuffer.wrap(head).getInt() != MigrationStream.MAGIC) {
        return RegistersFile.read(path);
      }
      MigratedGuest guest = MigrationStream.read(file, 0);
      return new RegistersFile(guest.vcpus(), List.of(), Optional.of(guest.machineType()));
    }
  }

  private static GuestImage recognise(ImageFile file, Optional<RegistersFile> registers)
      throws IOException {
    byte[] head = file.head(16);
    if (LibvirtSave.isRecognised(head)) {
      return saved(file, registers);
    }
    int magic = head.length < Integer.BYTES ? 0 : ByteBuffer.wrap(head).getInt();
    return switch (magic) {
      case MigrationStream.MAGIC -> migrated(ImageFormat.QEMU_MIGRATION_STREAM, file, 0, registers);
      case ElfCore.MAGIC -> core(file, registers);
      case LIME -> ranges(file, registers);
      default -> {
        refuseKnownStrangers(file, head);
        yield raw(file, registers);
      }
    };
  }

  /** Formats with an unmistakable beginning that would otherwise be taken for raw memory. */
  private static void refuseKnownStrangers(ImageFile file, byte[] head) throws ImageException {
    String start = new String(head, StandardCharsets.ISO_8859_1);
    String stranger = null;
    if (start.startsWith("KDUMP   ") || start.startsWith("makedumpfile")) {
      stranger = "a kdump-compressed dump; dump with format elf instead";
    } else if (start.startsWith("PAGEDU64") || start.startsWith("PAGEDUMP")) {
      stranger = "a crash dump of the PAGEDUMP kind";
    } else if (start.startsWith("AVML")) {
      stranger = "a compressed AVML image; convert it with avml-convert first";
    } else if (Compression.of(head).isPresent()) {
      stranger = "a file compressed with " + Compression.of(head).get() + "; unpack it first";
    }
    if (stranger != null) {
      throw file.malformed(0, "image format", FORMATS, stranger + " (not supported)");
    }
  }

  private static GuestImage saved(ImageFile file, Optional<RegistersFile> registers)
      throws IOException {
    LibvirtSave save = LibvirtSave.open(file);
    try {
      GuestImage image =
          migrated(ImageFormat.LIBVIRT_SAVE, save.file(), save.streamStart(), registers);
      if (save.file() != file) {
        file.close();
      }
      return image;
    } catch (IOException | RuntimeException | Error e) {
      closeAfter(e, save.file());
      throw e;
    }
  }

  private static GuestImage core(ImageFile file, Optional<RegistersFile> registers)
      throws IOException {
    ElfCore core = ElfCore.read(file);
    if (core.vcpus().isEmpty() && registers.isEmpty()) {
      throw new ImageException(
          file.name()
              + ": ELF core: expected notes named QEMU with the vCPUs' registers, or a JSON file"
              + " with them, found neither");
    }
    return inRegions(
        ImageFormat.ELF_CORE,
        file,
        core.regions(),
        registers.map(RegistersFile::vcpus).orElse(core.vcpus()),
        registers.map(RegistersFile::missing).orElse(core.missing()));
  }

  private static GuestImage ranges(ImageFile file, Optional<RegistersFile> registers)
      throws IOException {
    RegistersFile given = demanded(file, registers, ImageFormat.LIME);
    RangeFile ranges = RangeFile.read(file);
    List<String> missing = new ArrayList<>(given.missing());
    missing.addAll(ranges.missing());
    return inRegions(ImageFormat.LIME, file, ranges.regions(), given.vcpus(), missing);
  }

  private static GuestImage inRegions(
      ImageFormat format,
      ImageFile file,
      ImageRegions regions,
      List<VcpuState> vcpus,
      List<String> missing) {
    return new SavedGuest(
        format,
        file,
        regions.bytes(),
        new RegionMemory(file, regions),
        regions.frames(),
        vcpus,
        missing,
        Optional.empty());
  }

  private static GuestImage migrated(
      ImageFormat format, ImageFile file, long start, Optional<RegistersFile> registers)
      throws IOException {
    MigratedGuest guest = MigrationStream.read(file, start);
    if (!guest.holdsRam()) {
      throw new ImageException(
          file.name()
              + ": RAM: expected pages in the stream, found none (with x-ignore-shared it stays in"
              + " the memory backend's file: open that, with this stream as its registers file)");
    }
    List<String> missing = new ArrayList<>(guest.missing());
    registers.ifPresent(given -> missing.addAll(given.missing()));
    return new SavedGuest(
        format,
        file,
        guest.ramBytes(),
        guest.memory(),
        guest.frames(),
        registers.map(RegistersFile::vcpus).orElse(guest.vcpus()),
        missing,
        Optional.of(guest.machineType()));
  }

  private static GuestImage raw(ImageFile file, Optional<RegistersFile> registers)
      throws IOException {
    RegistersFile given = demanded(file, registers, ImageFormat.RAW);
    if (file.size() == 0
        || file.size() % PageBytes.SIZE != 0
        || file.size() > RamLayout.LARGEST_RAM) {
      throw new ImageException(
          file.name()
              + ": size of a raw image: expected a multiple of 4096 bytes, found "
              + file.size());
    }
    RamLayout layout = rawLayout(file, given.machineType());
    List<String> missing = new ArrayList<>(given.missing());
    if (given.machineType().isEmpty() && file.size() > RamLayout.LARGEST_WITHOUT_HOLE) {
      missing.add(
          "the registers file names no machine: every offset of the image was taken for a guest"
              + " physical address, as if there were no PCI hole");
    }
    ImageRegions regions = ImageRegions.of(layout, 0);
    return new SavedGuest(
        ImageFormat.RAW,
        file,
        file.size(),
        new RegionMemory(file, regions),
        regions.frames(),
        given.vcpus(),
        missing,
        given.machineType());
  }

  private static RamLayout rawLayout(ImageFile file, Optional<String> machineType)
      throws ImageException {
    if (machineType.isEmpty()) {
      return RamLayout.flat(file.size());
    }
    return RamLayout.of(machineType.get(), file.size())
        .orElseThrow(
            () ->
                new ImageException(
                    String.format(
                        "%s: machine of the registers file: expected pc, q35 or microvm, whose"
                            + " layout of %d bytes of RAM is known, found \"%s\"",
                        file.name(), file.size(), ImageException.printable(machineType.get()))));
  }

  private static RegistersFile demanded(
      ImageFile file, Optional<RegistersFile> registers, ImageFormat format) throws ImageException {
    return registers.orElseThrow(
        () ->
            new ImageException(
                file.name()
                    + ": a "
                    + format.title()
                    + " image holds no registers: expected a registers file (JSON or a migration"
                    + " stream of the same stopped guest), found none"));
  }

  private static void closeAfter(Throwable cause, ImageFile file) {
    try {
      file.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
