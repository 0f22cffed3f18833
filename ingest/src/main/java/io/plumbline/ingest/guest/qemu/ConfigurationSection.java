package io.plumbline.ingest.guest.qemu;

import io.plumbline.ingest.guest.file.ByteCursor;
import io.plumbline.ingest.guest.file.ImageException;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The first section: on which machine the guest ran and which capabilities shaped the stream (QEMU
 * migration/savevm.c, {@code vmstate_configuration}). Up to 7.2 the description leaves it out, so
 * that its three subsections are known here by name; others are read by the description.
 *
 * @param machineType such as {@code pc-i440fx-7.2}
 * @param capabilities such as {@code x-ignore-shared} and {@code mapped-ram}
 */
record ConfigurationSection(String machineType, Set<String> capabilities) {
  private static final int SUBSECTION = 0x05;
  private static final int UUID_BYTES = 16;
  private static final int MOST_CAPABILITIES = 64;
  private static final int TARGET_PAGE_BITS = 12;

  ConfigurationSection {
    capabilities = Set.copyOf(capabilities);
  }

  /** Reads the section behind its type byte. */
  static ConfigurationSection read(ByteCursor in, Optional<FieldDescription.Struct> description)
      throws IOException {
    String machineType =
        ImageException.printable(in.text(in.u32("machine type, length"), "machine type"));
    Set<String> capabilities = new HashSet<>();
    while (in.peek("section type behind the configuration") == SUBSECTION) {
      in.skip(1, "subsection");
      String name = in.countedText("subsection of the configuration");
      in.u32("version of a subsection");
      switch (name) {
        case "configuration/capabilities" -> capabilities(in, capabilities);
        case "configuration/target-page-bits" -> pageBits(in);
        case "configuration/uuid" -> in.skip(UUID_BYTES, "uuid");
        default -> unknown(in, name, description);
      }
    }
    return new ConfigurationSection(machineType, capabilities);
  }

  private static void capabilities(ByteCursor in, Set<String> capabilities) throws IOException {
    long count = in.u32("number of capabilities");
    if (count > MOST_CAPABILITIES) {
      throw in.malformed("number of capabilities", "at most " + MOST_CAPABILITIES, "" + count);
    }
    for (long i = 0; i < count; i++) {
      capabilities.add(in.countedText("capability"));
    }
  }

  private static void pageBits(ByteCursor in) throws IOException {
    long bits = in.u32("target page bits");
    if (bits != TARGET_PAGE_BITS) {
      throw in.malformed("target page bits", "12 (pages of 4 KiB)", "" + bits);
    }
  }

  private static void unknown(
      ByteCursor in, String name, Optional<FieldDescription.Struct> description)
      throws IOException {
    for (FieldDescription.Struct subsection :
        description.map(FieldDescription.Struct::subsections).orElse(java.util.List.of())) {
      if (subsection.name().equals(name)) {
        new DeviceSections(in).read(subsection, DeviceSections.FieldReader.NONE);
        return;
      }
    }
    throw in.malformed(
        "subsection of the configuration",
        "capabilities, target-page-bits, uuid or one that the description names",
        "\"" + ImageException.printable(name) + "\"");
  }
}
