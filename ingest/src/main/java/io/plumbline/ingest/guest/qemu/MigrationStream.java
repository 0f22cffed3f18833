package io.plumbline.ingest.guest.qemu;

import io.plumbline.ingest.guest.file.ByteCursor;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.ingest.guest.layout.RamLayout;
import io.plumbline.ingest.guest.qemu.StreamDescription.DeviceKey;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageBytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads a whole stream from its magic to its end-of-file section: RAM pages into an index, the CPU
 * sections into registers, everything else skipped by the stream's description.
 */
public final class MigrationStream {
  /** The first four bytes, "QEVM". */
  public static final int MAGIC = 0x5145564d;

  private static final int VERSION = 3;
  private static final int EOF = 0x00;
  private static final int START = 0x01;
  private static final int PART = 0x02;
  private static final int END = 0x03;
  private static final int FULL = 0x04;
  private static final int CONFIGURATION = 0x07;
  private static final int COMMAND = 0x08;
  private static final int FOOTER = 0x7e;
  private static final int MOST_SECTIONS = 1 << 16;
  private static final int MOST_VCPUS = 4096;

  private final ImageFile file;
  private final StreamDescription description;
  private final ByteCursor in;
  private final DeviceSections devices;
  private final Map<Long, DeviceKey> sections = new HashMap<>();
  private final Set<DeviceKey> begun = new HashSet<>();
  private final Map<Long, VcpuState> vcpus = new TreeMap<>();
  private ConfigurationSection configuration;
  private RamSections ram;

  private MigrationStream(ImageFile file, long start) throws IOException {
    this.file = file;
    this.in = StreamDescription.cursor(file, start);
    header();
    this.description = StreamDescription.readFromEnd(file, start);
    this.devices = new DeviceSections(in);
  }

  /**
   * Reads the stream that begins at {@code start} and ends where the file ends.
   *
   * @throws ImageException if it is damaged, truncated or not an x86 guest's
   */
  public static MigratedGuest read(ImageFile file, long start) throws IOException {
    MigrationStream stream = new MigrationStream(file, start);
    stream.sections();
    return stream.guest();
  }

  private void header() throws IOException {
    long magic = in.u32("magic of the migration stream");
    long version = in.u32("version of the migration stream");
    if (magic != MAGIC || version != VERSION) {
      throw in.malformed(
          "migration stream", "QEVM version 3", Long.toHexString(magic) + " version " + version);
    }
  }

  private void sections() throws IOException {
    if (description.pageSize() != PageBytes.SIZE) {
      throw in.malformed("page size of the stream", "4096 bytes", description.pageSize() + "");
    }
    while (true) {
      long at = in.position();
      int type = in.u8("section type");
      switch (type) {
        case EOF -> {
          requireEveryDescribedDevice(at);
          return;
        }
        case CONFIGURATION -> configure(at);
        case START, FULL -> begin();
        case PART, END -> continueSection();
        case COMMAND -> {
          in.u16("command");
          in.skip(in.u16("length of a command"), "command");
        }
        default ->
            throw file.malformed(
                at, "section type", "0x00 to 0x04, 0x07 or 0x08", "0x" + Integer.toHexString(type));
      }
    }
  }

  /**
   * One flipped bit makes an end of a section's beginning, and a guest with one vCPU less: the
   * description, written at the same time, says what else must have come.
   */
  private void requireEveryDescribedDevice(long at) throws ImageException {
    for (DeviceKey described : description.devices().keySet()) {
      if (!begun.contains(described)) {
        throw file.malformed(
            at,
            "end of the sections",
            "the described device "
                + ImageException.printable(described.name())
                + "/"
                + described.instance()
                + " before it",
            "no such section");
      }
    }
  }

  private void configure(long at) throws IOException {
    if (configuration != null) {
      throw file.malformed(at, "configuration section", "one", "a second one");
    }
    configuration = ConfigurationSection.read(in, description.configuration());
    ram = new RamSections(file, in, configuration);
  }

  private void begin() throws IOException {
    long id = in.u32("section id");
    DeviceKey key = new DeviceKey(in.countedText("section name"), in.u32("instance of a section"));
    in.u32("version of a section");
    if (sections.size() == MOST_SECTIONS) {
      throw in.malformed("sections", "at most " + MOST_SECTIONS, "more");
    }
    if (sections.containsKey(id) || !begun.add(key)) {
      throw in.malformed(
          "section of " + ImageException.printable(key.name()) + "/" + key.instance(),
          "one of that device and of that id",
          "a second one, id " + id);
    }
    sections.put(id, key);
    body(id, key);
  }

  private void continueSection() throws IOException {
    long id = in.u32("section id");
    DeviceKey key = sections.get(id);
    if (key == null) {
      throw in.malformed("section id", "one that was started", "" + id);
    }
    body(id, key);
  }

  private void body(long id, DeviceKey key) throws IOException {
    if (ram == null) {
      throw in.malformed(
          "first section", "the configuration", ImageException.printable(key.name()));
    }
    if (key.name().equals(RamSections.NAME)) {
      ram.read();
    } else {
      device(key);
    }
    footer(id, key);
  }

  private void device(DeviceKey key) throws IOException {
    FieldDescription.Struct device = description.devices().get(key);
    if (device == null) {
      throw in.malformed(
          "section of device " + ImageException.printable(key.name()) + "/" + key.instance(),
          "a device that the stream's description knows",
          "one that it does not, so that its end is unknown");
    }
    if (!key.name().equals(CpuRegisters.DEVICE)) {
      devices.read(device, DeviceSections.FieldReader.NONE);
      return;
    }
    if (key.instance() >= MOST_VCPUS) {
      throw in.malformed("number of a vCPU", "below " + MOST_VCPUS, "" + key.instance());
    }
    CpuRegisters registers = new CpuRegisters((int) key.instance(), in);
    devices.read(device, registers);
    vcpus.put(key.instance(), registers.state());
  }

  /** The section's id again: whoever lost the thread inside the section learns it here. */
  private void footer(long id, DeviceKey key) throws IOException {
    String what = "footer of section " + ImageException.printable(key.name());
    long at = in.position();
    int type = in.u8(what);
    if (type != FOOTER) {
      throw file.malformed(at, what, "0x7e", "0x" + Integer.toHexString(type));
    }
    long found = in.u32(what);
    if (found != id) {
      throw file.malformed(at, what, "section id " + id, "" + found);
    }
  }

  private MigratedGuest guest() throws IOException {
    if (vcpus.isEmpty() || ram == null) {
      throw in.malformed(
          "end of the sections", "a device named cpu with an x86 vCPU's registers", "none");
    }
    GuestRam guestRam = GuestRam.among(ram.blocks().values());
    if (guestRam.bytes() == 0) {
      throw in.malformed("RAM blocks", "the machine's RAM", ram.blocks().size() + " others");
    }
    long bytes = guestRam.bytes();
    RamLayout layout =
        RamLayout.of(configuration.machineType(), bytes)
            .orElseThrow(
                () ->
                    new ImageException(
                        String.format(
                            "%s: machine type: expected pc, q35 or microvm, whose layout of %d bytes"
                                + " of RAM is known, found \"%s\"",
                            file.name(), bytes, configuration.machineType())));
    StreamMemory memory = new StreamMemory(file, layout, guestRam.blocks());
    return new MigratedGuest(
        configuration.machineType(),
        bytes,
        memory.absentFrames() * PageBytes.SIZE,
        memory,
        memory.regions().frames(),
        List.copyOf(vcpus.values()),
        missing(memory, guestRam));
  }

  private List<String> missing(StreamMemory memory, GuestRam guestRam) {
    List<String> missing = new ArrayList<>();
    long absent = memory.absentFrames();
    if (absent > 0) {
      missing.add(
          absent
              + " frames of RAM are not in the stream"
              + (configuration.capabilities().contains("x-ignore-shared")
                  ? ": it was saved with x-ignore-shared"
                  : ""));
    }
    for (RamBlock block : guestRam.elsewhere()) {
      missing.add(
          "RAM block "
              + ImageException.printable(block.name())
              + " of "
              + block.bytes()
              + " bytes: the stream does not tell its guest physical address");
    }
    return missing;
  }
}
