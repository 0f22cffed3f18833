package io.plumbline.cli.command;

import io.plumbline.ingest.guest.GuestImage;
import io.plumbline.ingest.guest.GuestImages;
import io.plumbline.introspection.trust.Guest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One saved guest on the command line. */
final class ImageArguments {
  static final String REGISTERS =
      "the vCPUs' registers, for images without them: JSON, or a migration stream of the same"
          + " stopped guest";
  static final String VM = "name of the guest; default: the image's file name";

  @Parameters(
      paramLabel = "IMAGE",
      description =
          "saved guest, recognised by its content: migration stream, save file, ELF core, LiME,"
              + " AVML, raw")
  private Path image;

  @Option(names = "--registers", paramLabel = "FILE", description = REGISTERS)
  private Path registers;

  @Option(names = "--vm", paramLabel = "ID", description = VM)
  private String vm;

  GuestImage open() throws IOException {
    return GuestImages.open(image, Optional.ofNullable(registers));
  }

  String vmId() {
    return vm != null ? vm : String.valueOf(image.getFileName());
  }

  Guest guest(GuestImage opened) {
    return new Guest(vmId(), opened.memory(), opened.vcpus());
  }
}
