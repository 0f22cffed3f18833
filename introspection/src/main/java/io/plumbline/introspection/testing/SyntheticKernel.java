package io.plumbline.introspection.testing;

import io.plumbline.introspection.paging.Rights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/**
 * A kernel of a few dozen functions for {@link SyntheticGuest}: a tree of calls below every IDT
 * gate, a system call entry that calls through a read-only table, and each kind of field that moves
 * with the kernel or does not. Its text is made for a base, then patched.
 *
 * <p>Every function has the same layout, so that a test can name what it changes: {@link #LOCK_AT},
 * {@link #NOP_AT}, {@link #FIRST_CALL_AT} and so on, counted from {@link #function}.
 */
public final class SyntheticKernel {
  /** Functions in the tree: function 0 calls 1 and 2, function 1 calls 3 and 4, and so on. */
  public static final int FUNCTIONS = 31;

  /** Vectors with a gate; vector 0 leads to function 0, the others to a handler that calls 1, 2. */
  public static final List<Integer> VECTORS = List.of(0, 6, 8, 13, 14);

  /** Entries of the table that the system call entry uses; each leads to a function of its own. */
  public static final int TABLE_ENTRIES = 16;

  /** An absolute address of the kernel's data, 4 bytes. */
  public static final int ADDRESS_AT = 9;

  /** A LOCK prefix. */
  public static final int LOCK_AT = 13;

  /** A NOP of 5 bytes. */
  public static final int NOP_AT = 16;

  /** A conditional branch over the first call. */
  public static final int BRANCH_AT = 23;

  /** A call of 5 bytes, in functions that have children. */
  public static final int FIRST_CALL_AT = 25;

  /** A call of 5 bytes, in functions that have children. */
  public static final int SECOND_CALL_AT = 30;

  /** In the system call entry: an 8-byte constant in 64-bit mode. */
  public static final int BOOT_POINTER_AT = 12;

  /** In the system call entry: the count of a shift. */
  public static final int BOOT_SHIFT_AT = 22;

  /** In the system call entry: a 4-byte constant that does not move. */
  public static final int CONSTANT_AT = 30;

  /** Offset of a page of the text that no direct flow reaches. */
  public static final int UNREACHED = 0x2000;

  /** Bytes of text. */
  public static final int TEXT_BYTES = 0x4000;

  private static final int SLOT = 0x40;

  /** Where its variables lie. */
  public static final int DATA = 0x20_0000;

  private static final int ENTRY = FUNCTIONS + VECTORS.size();
  private static final int TARGETS = ENTRY + 1;

  /** The table's first half ends one page and its second half begins the next. */
  private static final int TABLE = 0x10_2000;

  private static final long TOP_TABLE_64 = 0xffff_8880_0000_0000L;
  private static final long TOP_TABLE_32 = 0xf000_0000L;
  private static final long FIXED_64 = 0xffff_ffff_ff20_0000L;

  private final boolean longMode;
  private final long seed;
  private final TreeMap<Integer, byte[]> patches = new TreeMap<>();
  private final TreeMap<Integer, Long> entries = new TreeMap<>();

  private SyntheticKernel(boolean longMode, long seed) {
    this.longMode = longMode;
    this.seed = seed;
  }

  /** A 64-bit kernel; kernels of two seeds have no function in common. */
  public static SyntheticKernel longMode(long seed) {
    return new SyntheticKernel(true, seed);
  }

  /** The same for 32-bit protected mode. */
  public static SyntheticKernel protectedMode(long seed) {
    return new SyntheticKernel(false, seed);
  }

  /** Where a kernel of this mode usually lies. */
  public long usualBase() {
    return longMode ? 0xffff_ffff_8100_0000L : 0xc100_0000L;
  }

  /** Offset from the base of a function of the tree. */
  public static int function(int index) {
    return index * SLOT;
  }

  /** Offset of the handler of one of {@link #VECTORS}. */
  public static int handler(int vector) {
    return vector == 0 ? 0 : function(FUNCTIONS + VECTORS.indexOf(vector));
  }

  /** Offset of where SYSCALL, or SYSENTER in 32-bit mode, leads. */
  public static int systemCallEntry() {
    return function(ENTRY);
  }

  /** Offset of the function that a table entry leads to. */
  public static int tableTarget(int index) {
    return function(TARGETS + index);
  }

  /** Offset of the pointer table's first entry. */
  public int table() {
    return TABLE - TABLE_ENTRIES / 2 * pointerBytes();
  }

  /** Bytes of a table entry. */
  public int pointerBytes() {
    return longMode ? Long.BYTES : Integer.BYTES;
  }

  /** Overwrites text from now on. */
  public SyntheticKernel patch(int offset, int... bytes) {
    byte[] patch = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      patch[i] = (byte) bytes[i];
    }
    patches.put(offset, patch);
    return this;
  }

  /** Overwrites the target of a 5-byte call or jump at {@code offset}. */
  public SyntheticKernel redirect(int offset, int opcode, long distance) {
    int relative = Math.toIntExact(distance - 5);
    return patch(offset, opcode, relative, relative >> 8, relative >> 16, relative >> 24);
  }

  /** Makes a table entry lead to {@code address}. */
  public SyntheticKernel tableEntry(int index, long address) {
    entries.put(index, address);
    return this;
  }

  /** The text as it reads at {@code base}. */
  public byte[] text(long base) {
    ByteBuffer text = ByteBuffer.allocate(TEXT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.fill(text.array(), (byte) 0xcc);
    Random random = new Random(seed);
    for (int i = 0; i < ENTRY; i++) {
      int child = i < FUNCTIONS ? 2 * i + 1 : 1;
      function(text, i, child + 1 < FUNCTIONS ? child : -1, base, random);
    }
    systemCallEntry(text, base, random);
    for (int i = 0; i < TABLE_ENTRIES; i++) {
      function(text, TARGETS + i, -1, base, random);
    }
    for (int at = UNREACHED; at < UNREACHED + 0x1000; at++) {
      text.put(at, (byte) random.nextInt(256));
    }
    patches.forEach((offset, bytes) -> text.put(offset, bytes));
    return text.array();
  }

  /** Everything that {@link #place} puts into a guest of four-level or PAE paging. */
  public SyntheticGuestBuilder guest(long base) {
    SyntheticGuestBuilder builder = longMode ? SyntheticGuest.longMode() : SyntheticGuest.pae();
    return place(builder, base);
  }

  /** Places text, table, data, gates and system call registers, and maps the top table. */
  public SyntheticGuestBuilder place(SyntheticGuestBuilder guest, long base) {
    guest.place(base, text(base), Rights.KERNEL_CODE);
    guest.place(base + table(), tableAt(base), Rights.KERNEL_READ_ONLY);
    guest.place(base + DATA, new byte[0x100], Rights.KERNEL_DATA);
    for (int vector : VECTORS) {
      guest.idtGate(vector, base + handler(vector));
    }
    if (longMode) {
      guest.lstar(base + systemCallEntry());
    } else {
      guest.sysenter(base + systemCallEntry());
    }
    long top = longMode ? TOP_TABLE_64 : TOP_TABLE_32;
    return guest.map(top, guest.topTableFrame(), 1, Rights.KERNEL_DATA);
  }

  private byte[] tableAt(long base) {
    ByteBuffer table =
        ByteBuffer.allocate(TABLE_ENTRIES * pointerBytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < TABLE_ENTRIES; i++) {
      long target = entries.getOrDefault(i, base + tableTarget(i));
      if (longMode) {
        table.putLong(target);
      } else {
        table.putInt((int) target);
      }
    }
    return table.array();
  }

  private void function(ByteBuffer text, int index, int child, long base, Random random) {
    text.position(function(index));
    // push rbp; mov eax, imm32
    bytes(text, 0x55, 0xb8).putInt(random.nextInt() & 0x7fff_ffff);
    if (longMode) {
      bytes(text, 0x48, 0xc7, 0xc7); // mov rdi, imm32
    } else {
      bytes(text, 0x89, 0xc0, 0xbf); // mov eax, eax; mov edi, imm32
    }
    text.putInt((int) base + DATA + 8 * (index & 7));
    bytes(text, 0xf0, 0xff, 0x07); // lock inc dword [rdi]
    bytes(text, 0x0f, 0x1f, 0x44, 0x00, 0x00); // nop
    bytes(text, 0x84, 0xc0, 0x74, 0x05); // test al, al; je over the first call
    for (int i = 0; i < 2; i++) {
      if (child < 0) {
        bytes(text, 0xb9).putInt(random.nextInt() & 0x7fff_ffff); // mov ecx, imm32
      } else {
        bytes(text, 0xe8).putInt(function(child + i) - text.position() - 4);
      }
    }
    bytes(text, 0x5d, 0xc3); // pop rbp; ret
  }

  private void systemCallEntry(ByteBuffer text, long base, Random random) {
    text.position(systemCallEntry());
    if (longMode) {
      bytes(text, 0x48, 0x8b, 0x04, 0xc5).putInt((int) base + table()); // mov rax, [rax*8+table]
      bytes(text, 0xff, 0xd0); // call rax
      bytes(text, 0x48, 0xb8).putLong(0xffff_8880_1234_0000L + (random.nextInt() & 0xf000));
    } else {
      bytes(text, 0x8b, 0x04, 0x85).putInt((int) base + table()); // mov eax, [eax*4+table]
      bytes(text, 0x50, 0xff, 0xd0); // push eax; call eax
      bytes(text, 0xb8).putInt(0x1234).put((byte) 0xb9).putInt(0x5678); // mov eax; mov ecx
    }
    bytes(text, 0xc1, 0xe8, 0x0c); // shr eax, 12
    if (longMode) {
      long next = base + text.position() + 6;
      bytes(text, 0x8b, 0x05).putInt((int) (FIXED_64 - next)); // mov eax, [rip+fixed]
    } else {
      bytes(text, 0x50, 0xa1).putInt(0xff20_0000); // push eax; mov eax, [fixed]
    }
    bytes(text, 0x3d).putInt(0x1357_9bdf); // cmp eax, imm32
    bytes(text, 0xe8).putInt(function(3) - text.position() - 4);
    bytes(text, 0xc3);
  }

  private static ByteBuffer bytes(ByteBuffer text, int... bytes) {
    for (int value : bytes) {
      text.put((byte) value);
    }
    return text;
  }
}
