package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.paging.Translation;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What lies around a kernel's code: data that its own mapping has in the same GiB, and the tables
 * through which the same memory is mapped once more. Whoever has the build's package compares the
 * read-only part, and reads in the rest what the kernel decided at boot. Supervisor pages only;
 * none belongs to a program.
 */
final class CodeSurroundings {
  /** Bytes of initialised data. */
  private static final long MOST_DATA = 7 << 19;

  /** Bytes of code that was made at run time for one purpose. */
  private static final int SMALL = 1 << 16;

  /** Pages around its GDT that a processor's own variables take. */
  private static final int AREA_PAGES = 64;

  /** Bytes of all such code. */
  private static final int MOST_SMALL = 16 << 20;

  private static final int MOST_ENTRIES = 1 << 20;
  private static final int TABLE_ENTRIES = 512;
  private static final int TABLE_BITS = 9;
  private static final long PRESENT = 1;
  private static final long PAGE_SIZE_BIT = 1 << 7;
  private static final long ADDRESS = 0x000f_ffff_ffff_f000L;

  /** MOV r64, [RIP + disp32] (Intel SDM volume 2A, table 2-2). */
  private static final int LOAD = 0x8b;

  private static final int RIP = 5;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final GuestKernel kernel;
  private final PageSource pages;
  private final int mostPages;
  private final Set<Long> owners = new HashSet<>();
  private int entries;
  private int read;
  private int small;

  /** Linear address of the initialised data, 0 until it is found. */
  private long data;

  private CodeSurroundings(GuestKernel kernel, PageSource pages, int mostPages) {
    this.kernel = kernel;
    this.pages = pages;
    this.mostPages = mostPages;
  }

  /**
   * Reads them.
   *
   * @param vcpus of the guest
   * @param pages is told what is asked for
   * @param mostPages of data of each kind that are read
   */
  static void read(GuestKernel kernel, List<VcpuState> vcpus, PageSource pages, int mostPages) {
    OwnWindow.of(kernel)
        .ifPresent(window -> new CodeSurroundings(kernel, pages, mostPages).read(window, vcpus));
  }

  private void read(OwnWindow window, List<VcpuState> vcpus) {
    readWindow(window);
    DistantData.read(kernel, window, pages, mostPages);
    readAlias(window.code().start(), window.code().length(), vcpus);
    kernel.code().regions().stream()
        .filter(region -> region.length() <= SMALL)
        .takeWhile(region -> (small += region.length()) <= MOST_SMALL)
        .forEach(this::readOwnPointers);
  }

  /**
   * Read-only data, and of what may be written the initialised data behind it: that is mapped by
   * large pages, while memory that the kernel gave back after boot, and that may hold a program's
   * by now, was split off.
   */
  private void readWindow(OwnWindow window) {
    List<Long> readOnly = new ArrayList<>();
    window.mappedFrom(
        window.start(),
        OwnWindow.steps(mostPages),
        kernel.space(),
        (at, page) -> readData(at, page, readOnly));
    new SwitchTables(kernel.space(), window.start())
        .switches(readOnly)
        .forEach(this::readSupervisor);
  }

  private boolean readData(long at, Translation.Mapped page, List<Long> readOnly) {
    boolean large = page.pageSize() > PageBytes.SIZE;
    boolean writable = page.rights().equals(Rights.KERNEL_DATA);
    if (data == 0 && writable && large && !readOnly.isEmpty()) {
      data = at;
    }
    boolean initialised = data != 0 && writable && large && at - data < MOST_DATA;
    boolean fixed = page.rights().equals(Rights.KERNEL_READ_ONLY);
    if (fixed) {
      readOnly.add(at);
    }
    if (fixed || initialised) {
      pages.read(page.frame());
      read++;
    }
    return read < mostPages;
  }

  private void readSupervisor(long address) {
    if (kernel.space().translate(new GuestVirtualAddress(address))
            instanceof Translation.Mapped mapped
        && !mapped.rights().user()) {
      pages.read(mapped.frame());
    }
  }

  /**
   * Code that was made for one owner has the owner's address beside it, and loads it from there.
   * Tells of the page that such an address lies in, and the next.
   */
  private void readOwnPointers(CodeRegion region) {
    InstructionDecoder decoder = InstructionDecoder.forMode(kernel.mode());
    byte[] code = region.bytes();
    int at = 0;
    while (at < code.length) {
      long instruction = decoder.decode(code, at, code.length);
      if (instruction == Instruction.INVALID) {
        at++;
        continue;
      }
      int next = at + Instruction.length(instruction);
      int modrm = at + Instruction.modrmOffset(instruction);
      boolean load = Instruction.opcode(instruction) == LOAD && (code[modrm] & 0xc7) == RIP;
      if (load && Instruction.map(instruction) == Instruction.MAP_ONE_BYTE) {
        int pointer = next + (int) INT.get(code, modrm + 1);
        if (pointer >= 0 && pointer <= code.length - Long.BYTES) {
          readOwner((long) LONG.get(code, pointer));
        }
      }
      at = next;
    }
  }

  private void readOwner(long address) {
    for (long page = 0; address < 0 && page < 2; page++) {
      long start = (address & -PageBytes.SIZE) + page * PageBytes.SIZE;
      if (owners.size() < mostPages && owners.add(start)) {
        readSupervisor(start);
      }
    }
  }

  /** Walks to the same frames from where all of memory is mapped one to one, if that is found. */
  private void readAlias(long code, int length, List<VcpuState> vcpus) {
    long frame = kernel.space().translateToFrame(code);
    if (frame < 0) {
      return;
    }
    int levels = kernel.space().mode().levels().size();
    long alias = find(kernel.space().root().value(), levels, 0, frame);
    if (alias == 0) {
      return;
    }
    long oneToOne = alias - frame * PageBytes.SIZE;
    long most = Math.min(OwnWindow.steps(mostPages) * (long) PageBytes.SIZE, OwnWindow.SIZE);
    for (long at = 0; at < most && at < length + 4L * length; at += PageBytes.SIZE) {
      long wanted = kernel.space().translateToFrame(code + at);
      if (wanted >= 0) {
        kernel.space().translateToFrame(oneToOne + wanted * PageBytes.SIZE);
      }
    }
    vcpus.forEach(vcpu -> readOwnArea(vcpu, oneToOne));
  }

  /** A processor's GDT lies among all else that is its own, and is used through another mapping. */
  private void readOwnArea(VcpuState vcpu, long oneToOne) {
    long table = kernel.space().translateToFrame(vcpu.gdtr().base().value());
    for (long page = -AREA_PAGES; table >= 0 && page <= AREA_PAGES; page++) {
      kernel.space().translateToFrame(oneToOne + (table + page) * PageBytes.SIZE);
    }
  }

  /** The first address of the upper half that maps {@code frame} not executable, or 0. */
  private long find(long table, int level, long va, long frame) {
    Optional<PageBytes> page = pages.read(new FrameNumber(table));
    int top = kernel.space().mode().levels().size();
    for (int i = level == top ? TABLE_ENTRIES / 2 : 0; i < TABLE_ENTRIES; i++) {
      if (page.isEmpty() || ++entries > Math.min(MOST_ENTRIES, mostPages * (long) TABLE_ENTRIES)) {
        return 0;
      }
      long entry = page.get().longAt(i * Long.BYTES);
      if ((entry & PRESENT) == 0) {
        continue;
      }
      long span = 1L << (TABLE_BITS * (level - 1));
      long here = va | (long) i << (FrameNumber.SHIFT + TABLE_BITS * (level - 1));
      long first = (entry & ADDRESS) >>> FrameNumber.SHIFT;
      boolean isPage = level == 1 || (level <= 3 && (entry & PAGE_SIZE_BIT) != 0);
      if (isPage) {
        long base = first & -span;
        if (entry < 0 && frame >= base && frame < base + span) {
          return canonical(here) + (frame - base) * PageBytes.SIZE;
        }
      } else if (level > 1) {
        long found = find(first, level - 1, here, frame);
        if (found != 0) {
          return found;
        }
      }
    }
    return 0;
  }

  private long canonical(long va) {
    int bits = FrameNumber.SHIFT + TABLE_BITS * kernel.space().mode().levels().size();
    return va | -1L << bits;
  }
}
