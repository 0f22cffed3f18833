package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.Bytes;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Memory that BPF programs are compiled into (kernel {@code kernel/bpf/core.c}, bpf_prog_pack and
 * bpf_jit_binary_alloc): a header, INT3 up to the program, the program, INT3. The shape says what
 * the memory is for, and nothing about what the programs do.
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

  private BpfPrograms() {}

  /**
   * How many pages from the start of {@code code} are chains of programs and INT3; 0 if it does not
   * begin with a program.
   */
  public static int pagesOf(byte[] code) {
    int at = programEnd(code, 0);
    if (at == 0) {
      return 0;
    }
    int page = PageBytes.SIZE;
    while (at < code.length) {
      int end = programEnd(code, at);
      if (end > at) {
        at = end;
      } else if (isFill(code, at)) {
        at += CHUNK;
      } else {
        return (at + page - 1) / page;
      }
    }
    return (at + page - 1) / page;
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

  private static boolean begins(byte[] code, int start) {
    int at = start;
    while (at < code.length && at - start < MOST_HOLE && code[at] == INT3) {
      at++;
    }
    for (byte[] prologue : PROLOGUES) {
      if (at + prologue.length <= code.length
          && Arrays.equals(code, at, at + prologue.length, prologue, 0, prologue.length)) {
        return true;
      }
    }
    return false;
  }
}
