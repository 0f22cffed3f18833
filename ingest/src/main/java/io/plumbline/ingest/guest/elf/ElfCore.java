package io.plumbline.ingest.guest.elf;

import io.plumbline.ingest.guest.file.ByteCursor;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.ingest.guest.layout.ImageRegions;
import io.plumbline.ingest.guest.layout.RegionsBuilder;
import io.plumbline.introspection.hardware.VcpuState;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * An ELF core of a guest (System V ABI, "ELF Header" and "Program Header"; core notes in QEMU
 * dump/dump.c): 64-bit, or 32-bit for small guests that run in 32-bit mode.
 *
 * @param regions where the memory lies
 * @param vcpus empty if the core has no notes named QEMU
 * @param missing what the core lacks, one sentence each
 */
public record ElfCore(ImageRegions regions, List<VcpuState> vcpus, List<String> missing) {
  /** The first four bytes, read as a big-endian number. */
  public static final int MAGIC = 0x7f454c46;

  private static final int CLASS_32 = 1;
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final int TYPE_CORE = 4;
  private static final int MACHINE_386 = 3;
  private static final int MACHINE_X86_64 = 62;
  private static final int PT_LOAD = 1;
  private static final int PT_NOTE = 4;

  /** e_phnum when the number does not fit: then it stands in the first section header's sh_info. */
  private static final int COUNT_IS_ELSEWHERE = 0xffff;

  private static final long MOST_HEADERS = 1 << 17;

  /** A program header's fields that matter. */
  private record Segment(long type, long offset, long physical, long bytes) {}

  /** Where the program headers are. */
  private record Table(long offset, int entryBytes, long count) {}

  public ElfCore {
    vcpus = List.copyOf(vcpus);
    missing = List.copyOf(missing);
  }

  /**
   * Reads headers and notes.
   *
   * @throws ImageException if the file is not a little-endian x86 core, is damaged or truncated
   */
  public static ElfCore read(ImageFile file) throws IOException {
    ByteCursor in = file.cursor(4, ByteOrder.LITTLE_ENDIAN);
    int width = in.u8("ELF class");
    int order = in.u8("ELF byte order");
    if ((width != CLASS_32 && width != CLASS_64) || order != LITTLE_ENDIAN) {
      throw file.malformed(4, "ELF class and byte order", "1 or 2, and 1", width + " and " + order);
    }
    boolean wide = width == CLASS_64;
    Table table = header(file, in, wide);
    RegionsBuilder regions = new RegionsBuilder(file);
    QemuNotes notes = new QemuNotes(in);
    List<String> missing = new ArrayList<>();
    for (long i = 0; i < table.count(); i++) {
      long at = table.offset() + i * table.entryBytes();
      Segment segment = segment(in, at, wide);
      if (segment.type() == PT_LOAD && segment.bytes() != 0) {
        regions.add(at, segment.physical(), segment.bytes(), segment.offset());
      } else if (segment.type() == PT_NOTE) {
        file.requireInside(segment.offset(), segment.bytes(), "ELF notes");
        notes.read(segment.offset(), segment.bytes());
      }
    }
    List<VcpuState> vcpus = notes.vcpus();
    if (!vcpus.isEmpty()) {
      missing.add(
          "an ELF core carries no EFER and no SYSCALL or SYSENTER MSR: the system-call roots LSTAR,"
              + " CSTAR and SYSENTER_EIP are unknown");
      missing.add("an ELF core carries no debug registers");
    }
    if (regions.partialFrames() > 0) {
      missing.add(regions.partialFrames() + " frames of which the core holds a part only");
    }
    return new ElfCore(regions.build(), vcpus, missing);
  }

  private static Table header(ImageFile file, ByteCursor in, boolean wide) throws IOException {
    in.seek(16, "ELF header");
    int type = in.u16("ELF type");
    int machine = in.u16("ELF machine");
    if (type != TYPE_CORE || (machine != MACHINE_386 && machine != MACHINE_X86_64)) {
      throw file.malformed(
          16,
          "ELF type and machine",
          "a core (4) of an x86 guest (3 or 62)",
          "type " + type + ", machine " + machine);
    }
    in.seek(wide ? 32 : 28, "ELF header");
    long offset = word(in, wide);
    long sections = word(in, wide);
    in.seek(wide ? 54 : 42, "ELF header");
    int entryBytes = in.u16("size of a program header");
    long count = in.u16("number of program headers");
    if (count == COUNT_IS_ELSEWHERE) {
      // sh_info of section header 0.
      in.seek(sections, "ELF section header");
      in.skip(wide ? 44 : 28, "ELF section header");
      count = in.u32("number of program headers");
    }
    if (entryBytes < (wide ? 56 : 32) || count > MOST_HEADERS) {
      throw file.malformed(
          wide ? 54 : 42,
          "ELF program headers",
          "at most " + MOST_HEADERS + " of at least 32 or 56 bytes",
          count + " of " + entryBytes);
    }
    file.requireInside(offset, count * entryBytes, "ELF program headers");
    return new Table(offset, entryBytes, count);
  }

  private static Segment segment(ByteCursor in, long at, boolean wide) throws IOException {
    in.seek(at, "ELF program header");
    long type = in.u32("ELF program header");
    if (wide) {
      in.u32("flags of a segment");
    }
    long offset = word(in, wide);
    word(in, wide); // the virtual address: what the kernel calls it, if paging=on; not needed
    long physical = word(in, wide);
    return new Segment(type, offset, physical, word(in, wide));
  }

  private static long word(ByteCursor in, boolean wide) throws IOException {
    return wide ? in.u64("ELF header") : in.u32("ELF header");
  }
}
