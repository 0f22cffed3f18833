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

  /** How the compiler begins every program (emit_prologue of bpf_jit_comp.c). */
  private static final byte[][] PROLOGUES = {
    HexFormat.of().parseHex("0f1f440000554889e5"),
    HexFormat.of().parseHex("0f1f4400006690554889e5"),
    HexFormat.of().parseHex("6666666690554889e5"),
    HexFormat.of().parseHex("f30f1efa0f1f440000554889e5"),
    HexFormat.of().parseHex("554889e5"),
  };

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
    return new Found((at + PageBytes.SIZE - 1) / PageBytes.SIZE, programs, confined);
  }

  private static int start(byte[] code, int from) {
    int at = from;
    while (at < code.length && at - from < MOST_HOLE && code[at] == INT3) {
      at++;
    }
    return at;
  }

  private static boolean isFill(byte[] code, int at) {
    for (int i = at; i < at + CHUNK && i < code.length; i++) {
      if (code[i] != INT3) {
        return false;
      }
    }
    return true;
  }

  /** The byte after the program whose header is at {@code at}; {@code at} if there is none. */
  private static int programEnd(byte[] code, int at) {
    if (at > code.length - CHUNK) {
      return at;
    }
    int header = Bytes.intAt(code, at);
    // Until 5.17 the header counts pages, and a program has its own.
    boolean pages = header >= 1 && header < CHUNK;
    int size = pages ? header * PageBytes.SIZE : header;
    boolean plausible = size > 0 && size % CHUNK == 0 && size <= code.length - at;
    return plausible && begins(code, at + HEADER) ? at + size : at;
  }

  private static boolean begins(byte[] code, int from) {
    int at = start(code, from);
    for (byte[] prologue : PROLOGUES) {
      if (at + prologue.length <= code.length
          && Arrays.equals(code, at, at + prologue.length, prologue, 0, prologue.length)) {
        return true;
      }
    }
    return false;
  }
}
