package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.CallAccounting;
import io.plumbline.introspection.verify.patch.ReturnMode;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Memory that BPF programs are compiled into (kernel {@code kernel/bpf/core.c}, bpf_prog_pack and
 * bpf_jit_binary_alloc): a header, INT3 up to the program, the program, INT3. The shape says what
 * the memory is for; whether the programs keep to themselves, {@link BpfConfinement} says.
 */
public final class BpfPrograms {
  /** BPF_PROG_PACK_SIZE for huge pages, and room. */
  public static final int MOST_PAGES = 1024;

  private static final int CHUNK = 64;
  private static final int HEADER = 4;
  private static final int MOST_HOLE = 4096;
  private static final byte INT3 = (byte) 0xcc;
  private static final byte[] FILL = new byte[CHUNK];

  static {
    Arrays.fill(FILL, INT3);
  }

  private static final byte[] BRANCH_TARGET = HexFormat.of().parseHex("f30f1efa");
  private static final byte[] FRAME = HexFormat.of().parseHex("554889e5");

  /** Where a trampoline may be called, and what there is of tail calls (emit_prologue). */
  private static final byte[][] PATCHED = hex("0f1f440000", "6666666690");

  private static final byte[][] TAIL_CALLS = hex("31c0", "6690", "0f1f00");

  /**
   * What lies at the start of a piece of code.
   *
   * @param pages that programs and INT3 fill; 0 if it does not begin with a program
   * @param programs how many
   * @param confined every program keeps to itself
   */
  public record Found(int pages, int programs, boolean confined) {}

  private final BpfConfinement confinement;

  /** For guests whose expected text is {@code text}. */
  public BpfPrograms(Rewriting text, ReturnMode returns, CallAccounting accounting) {
    this.confinement = new BpfConfinement(text, returns, accounting);
  }

  /**
   * Whether memory may begin with a program.
   *
   * @param start its first page
   * @param bytes of all of it
   */
  public static boolean mayBeginWith(byte[] start, long bytes) {
    int code = start(start, HEADER);
    boolean isInSight = code <= start.length - CHUNK;
    return isPlausible(size(start, 0), bytes) && (!isInSight || begins(start, HEADER));
  }

  /**
   * Looks at memory that may hold programs.
   *
   * @param address linear address of {@code code}'s first byte
   */
  public Found at(byte[] code, long address) {
    int at = 0;
    int programs = 0;
    boolean confined = true;
    while (at < code.length) {
      int end = programEnd(code, at);
      if (end > at) {
        programs++;
        confined &= confinement.holds(code, start(code, at + HEADER), end, address);
        at = end;
      } else if (programs > 0 && isFill(code, at)) {
        at += CHUNK;
      } else {
        break;
      }
    }
    // What follows in the last page is not the programs' unless it is INT3.
    return new Found(at / PageBytes.SIZE, programs, confined);
  }

  private static int start(byte[] code, int from) {
    int at = from;
    while (at < code.length && at - from < MOST_HOLE && code[at] == INT3) {
      at++;
    }
    return at;
  }

  private static boolean isFill(byte[] code, int at) {
    int end = Math.min(at + CHUNK, code.length);
    return Arrays.equals(code, at, end, FILL, 0, end - at);
  }

  /** The byte after the program whose header is at {@code at}; {@code at} if there is none. */
  private static int programEnd(byte[] code, int at) {
    if (at > code.length - CHUNK) {
      return at;
    }
    int size = size(code, at);
    return isPlausible(size, code.length - at) && begins(code, at + HEADER) ? at + size : at;
  }

  private static boolean isPlausible(int size, long most) {
    return size > 0 && size % CHUNK == 0 && size <= most;
  }

  private static int size(byte[] code, int at) {
    int header = Bytes.intAt(code, at);
    // Until 5.17 the header counts pages, and a program has its own.
    boolean pages = header >= 1 && header < CHUNK;
    return pages ? header * PageBytes.SIZE : header;
  }

  /** How the compiler begins every program (emit_prologue of bpf_jit_comp.c). */
  private static boolean begins(byte[] code, int from) {
    int at = start(code, from);
    at += skipped(code, at, BRANCH_TARGET);
    at += skipped(code, at, PATCHED);
    at += skipped(code, at, TAIL_CALLS);
    return skipped(code, at, FRAME) > 0;
  }

  /** The length of that of {@code sequences} which {@code code} has at {@code at}; 0 if none. */
  private static int skipped(byte[] code, int at, byte[]... sequences) {
    for (byte[] each : sequences) {
      int end = at + each.length;
      if (end <= code.length && Arrays.equals(code, at, end, each, 0, each.length)) {
        return each.length;
      }
    }
    return 0;
  }

  private static byte[][] hex(String... sequences) {
    return Arrays.stream(sequences).map(HexFormat.of()::parseHex).toArray(byte[][]::new);
  }
}
