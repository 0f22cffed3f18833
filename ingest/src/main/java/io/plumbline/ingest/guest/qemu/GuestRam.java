package io.plumbline.ingest.guest.qemu;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which of the stream's RAM blocks make up the machine's RAM, in order. The stream says only names
 * and sizes, and names are the host's choice:
 *
 * <ol>
 *   <li>{@code ram-node0}, {@code ram-node1}, …, as libvirt names the backends of NUMA nodes: all
 *       of them, one behind the other, as QEMU places them;
 *   <li>else {@code pc.ram}, QEMU's own name;
 *   <li>else the largest block that is not a device's: devices' blocks carry a path with a slash
 *       ({@code 0000:00:02.0/vga.vram}, {@code /rom@etc/acpi/tables}), firmware ends in {@code
 *       .rom}, {@code .bios} or begins with {@code system.flash}, video memory ends in {@code
 *       .vram}.
 * </ol>
 *
 * A backend that is given by its whole path, {@code /objects/NAME}, counts as NAME.
 *
 * @param blocks in the order of RAM addresses; empty if the stream has no such block
 * @param elsewhere blocks that look like plugged-in memory and whose guest address is unknown
 */
record GuestRam(List<RamBlock> blocks, List<RamBlock> elsewhere) {
  private static final Pattern NODE = Pattern.compile("ram-node([0-9]{1,4})");
  private static final Pattern DEVICE =
      Pattern.compile(".*/.*|.*\\.(rom|bios|vram|vga)|system\\.flash.*");
  private static final long SMALLEST_PLUGGED = 64L << 20;

  static GuestRam among(Collection<RamBlock> all) {
    List<RamBlock> ram = new ArrayList<>();
    all.stream()
        .filter(b -> node(b) >= 0)
        .sorted(Comparator.comparing(GuestRam::node))
        .forEach(ram::add);
    if (ram.isEmpty()) {
      all.stream().filter(b -> name(b).equals("pc.ram")).forEach(ram::add);
    }
    if (ram.isEmpty()) {
      all.stream()
          .filter(b -> !isDevice(b))
          .max(Comparator.comparing(RamBlock::bytes))
          .ifPresent(ram::add);
    }
    List<RamBlock> elsewhere =
        all.stream()
            .filter(b -> !ram.contains(b) && !isDevice(b) && b.bytes() >= SMALLEST_PLUGGED)
            .toList();
    return new GuestRam(List.copyOf(ram), elsewhere);
  }

  /** Bytes of the machine's RAM. */
  long bytes() {
    return blocks.stream().mapToLong(RamBlock::bytes).sum();
  }

  private static String name(RamBlock block) {
    return block.name().startsWith("/objects/")
        ? block.name().substring("/objects/".length())
        : block.name();
  }

  private static int node(RamBlock block) {
    Matcher matcher = NODE.matcher(name(block));
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
  }

  private static boolean isDevice(RamBlock block) {
    return DEVICE.matcher(name(block)).matches();
  }
}
