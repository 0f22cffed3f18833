package io.plumbline.introspection.code;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * The second opinion and the text: Capstone, if the machine has it. Nothing that decides a verdict
 * may rest on it: version 4 misreads code of stock kernels, and an attacker can choose bytes that
 * it misreads. Instructions are told apart by length only, never by Capstone's ids, which are
 * renumbered between versions.
 *
 * <p>Versions 4 and 5 are known. Holds native memory until {@link #close}; one instance serves one
 * thread.
 */
public final class CapstoneText implements AutoCloseable {
  /** Names a folder that holds {@code libcapstone.so.4} or {@code .5}; asked before the system. */
  public static final String DIRECTORY_PROPERTY = "plumbline.capstone.dir";

  /** The same as {@link #DIRECTORY_PROPERTY}, from the environment. */
  public static final String DIRECTORY_VARIABLE = "PLUMBLINE_CAPSTONE_DIR";

  private static final List<String> NAMES = List.of("libcapstone.so.5", "libcapstone.so.4");

  // capstone.h: cs_arch, cs_mode.
  private static final int ARCHITECTURE_X86 = 3;
  private static final int MODE_32 = 1 << 2;
  private static final int MODE_64 = 1 << 3;

  // struct cs_insn: id@0 address@8 size@16 bytes[16 or 24]@18 mnemonic[32] op_str[160].
  private static final int ADDRESS_AT = 8;
  private static final int SIZE_AT = 16;
  private static final int BYTES_AT = 18;
  private static final int MNEMONIC_SIZE = 32;
  private static final int OPERANDS_SIZE = 160;

  /** What cs_disasm gets at a time: it allocates 240 bytes or more per instruction. */
  private static final int CHUNK = 4096;

  private static final int CODE_AT = 32;
  private static final Charset ASCII = StandardCharsets.US_ASCII;

  private final LibCapstone library;
  private final long handle;
  private final int mnemonicAt;
  private final int instructionSize;

  /** Handle or result pointer @0, code pointer @8, size @16, address @24, code from 32 on. */
  private final Pointer scratch;

  private final Pointer codePointer;
  private final Pointer sizePointer;
  private final Pointer addressPointer;
  private final Pointer instruction;
  private final byte[] words = new byte[MNEMONIC_SIZE + OPERANDS_SIZE];
  private boolean closed;

  private CapstoneText(LibCapstone library, CodeMode mode) {
    this.library = library;
    int major = major(library);
    mnemonicAt = BYTES_AT + (major >= 5 ? 24 : 16);
    instructionSize = aligned(mnemonicAt + MNEMONIC_SIZE + OPERANDS_SIZE) + Long.BYTES;
    scratch = Memory.allocateDirect(Runtime.getRuntime(library), CODE_AT + CHUNK);
    codePointer = scratch.slice(8);
    sizePointer = scratch.slice(16);
    addressPointer = scratch.slice(24);
    int error =
        library.cs_open(ARCHITECTURE_X86, mode == CodeMode.LONG_64 ? MODE_64 : MODE_32, scratch);
    if (error != 0) {
      throw new IllegalStateException("cs_open failed with error " + error + " for " + mode);
    }
    handle = scratch.getLongLong(0);
    instruction = library.cs_malloc(handle);
    if (instruction == null) {
      library.cs_close(scratch);
      throw new OutOfMemoryError("cs_malloc returned no instruction");
    }
  }

  /** Empty if no usable libcapstone is on this machine; {@link #availability} says why. */
  public static Optional<CapstoneText> open(CodeMode mode) {
    return Loaded.RESULT.library().map(library -> new CapstoneText(library, mode));
  }

  /** One line for people: which Capstone is used, or that text is off and how to get it. */
  public static String availability() {
    return Loaded.RESULT.description();
  }

  /**
   * The text of the instruction at {@code offset}, as {@code mov rax, rbx}; empty if Capstone does
   * not know it or it does not end before {@code limit}.
   *
   * @param address what {@code code[offset]} has for an address in the guest
   */
  public Optional<String> disassemble(byte[] code, int offset, int limit, long address) {
    if (!iterate(code, offset, limit, address)) {
      return Optional.empty();
    }
    instruction.get(mnemonicAt, words, 0, words.length);
    String mnemonic = word(0, MNEMONIC_SIZE);
    String operands = word(MNEMONIC_SIZE, OPERANDS_SIZE);
    return Optional.of(operands.isEmpty() ? mnemonic : mnemonic + ' ' + operands);
  }

  /** Up to the first zero byte. */
  private String word(int from, int size) {
    int end = from;
    while (end < from + size && words[end] != 0) {
      end++;
    }
    return new String(words, from, end - from, ASCII);
  }

  /** Bytes of the instruction that {@link #disassemble} told last. */
  int lastLength() {
    return instruction.getShort(SIZE_AT);
  }

  /** Bytes that Capstone gives the instruction at {@code offset}; 0 if it knows none. */
  public int length(byte[] code, int offset, int limit) {
    return iterate(code, offset, limit, 0) ? instruction.getShort(SIZE_AT) : 0;
  }

  /**
   * How many instructions a linear sweep of the whole buffer finds, at Capstone's own speed: the
   * yardstick of the decoder's benchmark. Where Capstone fails, the sweep restarts one byte on;
   * such bytes are not counted.
   */
  public long countInstructions(byte[] code) {
    requireOpen();
    long count = 0;
    int at = 0;
    while (at < code.length) {
      int size = Math.min(CHUNK, code.length - at);
      scratch.put(CODE_AT, code, at, size);
      long found = library.cs_disasm(handle, scratch.slice(CODE_AT), size, at, 0, scratch);
      if (found == 0) {
        at++;
        continue;
      }
      Pointer instructions = scratch.getPointer(0);
      long last = (found - 1) * instructionSize;
      at =
          (int) instructions.getLongLong(last + ADDRESS_AT) + instructions.getShort(last + SIZE_AT);
      library.cs_free(instructions, found);
      count += found;
    }
    return count;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      library.cs_free(instruction, 1);
      scratch.putLongLong(0, handle);
      library.cs_close(scratch);
    }
  }

  private boolean iterate(byte[] code, int offset, int limit, long address) {
    requireOpen();
    int size = Math.min(InstructionDecoder.MAXIMUM_LENGTH, limit - offset);
    if (size <= 0) {
      return false;
    }
    scratch.put(CODE_AT, code, offset, size);
    scratch.putAddress(8, scratch.address() + CODE_AT);
    scratch.putLongLong(16, size);
    scratch.putLongLong(24, address);
    return library.cs_disasm_iter(handle, codePointer, sizePointer, addressPointer, instruction)
        != 0;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this Capstone handle is closed");
    }
  }

  private static int aligned(int size) {
    return (size + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
  }

  private static int major(LibCapstone library) {
    return library.cs_version(null, null) >>> 8;
  }

  private record Loaded(Optional<LibCapstone> library, String description) {
    static final Loaded RESULT = load();

    private static Loaded load() {
      List<String> failures = new ArrayList<>();
      for (String name : candidates()) {
        try {
          LibCapstone library =
              LibraryLoader.create(LibCapstone.class).failImmediately().load(name);
          int major = major(library);
          if (major == 4 || major == 5) {
            return new Loaded(Optional.of(library), "Capstone " + major + " from " + name);
          }
          failures.add(name + ": version " + major + ", expected 4 or 5");
        } catch (UnsatisfiedLinkError e) {
          failures.add(name + ": not found");
        }
      }
      return new Loaded(
          Optional.empty(),
          "disassembly text is off, because no libcapstone 4 or 5 was found ("
              + String.join("; ", failures)
              + "); install libcapstone4 (Debian, Ubuntu) or capstone (Fedora, Homebrew), or name"
              + " its folder in "
              + DIRECTORY_VARIABLE);
    }

    private static List<String> candidates() {
      List<String> candidates = new ArrayList<>();
      for (String folder :
          new String[] {
            System.getProperty(DIRECTORY_PROPERTY), System.getenv(DIRECTORY_VARIABLE)
          }) {
        if (folder != null && !folder.isBlank()) {
          NAMES.forEach(name -> candidates.add(folder + '/' + name));
        }
      }
      candidates.addAll(NAMES);
      return candidates;
    }
  }
}
