package io.plumbline.introspection.verify.patch;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Calls and jumps to an indirect thunk, which become the indirect branch itself where the processor
 * needs no thunk (kernel {@code arch/x86/kernel/alternative.c}, patch_retpoline). One mode a boot.
 */
public final class Retpolines {
  /** What this boot makes of the sites. */
  public enum Mode {
    /** As in the file: through the thunk. */
    THUNK,
    /** The indirect branch, and INT3 behind a jump (since 5.19). */
    INDIRECT,
    /** The indirect branch alone. */
    INDIRECT_BARE,
    /** LFENCE and the indirect branch. */
    LFENCE,
    /** Through the thunks that count calls (Retbleed mitigation "stuff"). */
    CALL_DEPTH
  }

  private static final String[] REGISTERS = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15"
  };

  private static final byte CS_PREFIX = 0x2e;

  private final int[] sites;
  private final byte[] lengths;
  private final byte[] registers;
  private final long[] callThunks = new long[REGISTERS.length];
  private final long[] jumpThunks = new long[REGISTERS.length];
  private final SiteIndex index;

  public Retpolines(ImageLayout layout) {
    Map<Long, Integer> thunks = new HashMap<>();
    for (int i = 0; i < REGISTERS.length; i++) {
      int register = i;
      layout
          .names()
          .find("__x86_indirect_thunk_" + REGISTERS[i])
          .ifPresent(offset -> thunks.put(offset, register));
      callThunks[i] = thunk(layout, "__x86_indirect_call_thunk_" + REGISTERS[i]);
      jumpThunks[i] = thunk(layout, "__x86_indirect_jump_thunk_" + REGISTERS[i]);
    }
    int[] places = layout.codePlaces(layout.sites().retpolines());
    byte[] golden = layout.golden();
    int count = 0;
    int[] kept = new int[places.length];
    byte[] length = new byte[places.length];
    byte[] register = new byte[places.length];
    for (int place : places) {
      int opcode = place + (golden[place] == CS_PREFIX ? 1 : 0);
      int field = opcode + (golden[opcode] == 0x0f ? 2 : 1);
      Integer thunk =
          thunks.get(layout.offsetOf(field) + (long) Integer.BYTES + Bytes.intAt(golden, field));
      if (thunk != null) {
        kept[count] = place;
        length[count] = (byte) (field + Integer.BYTES - place);
        register[count++] = thunk.byteValue();
      }
    }
    sites = Arrays.copyOf(kept, count);
    lengths = Arrays.copyOf(length, count);
    registers = Arrays.copyOf(register, count);
    index = SiteIndex.of("retpoline", sites, i -> lengths[i]);
  }

  private static long thunk(ImageLayout layout, String name) {
    return layout.names().find(name).orElse(Long.MIN_VALUE);
  }

  SiteIndex index() {
    return index;
  }

  /** The mode that most sites show. */
  public Mode infer(Rewriting text) {
    byte[] guest = text.guest();
    byte[] expected = text.expected();
    int thunks = 0;
    int counting = 0;
    int fences = 0;
    int direct = 0;
    int bareJumps = 0;
    int trappedJumps = 0;
    for (int i = 0; i < sites.length; i++) {
      int place = sites[i];
      if (!text.inGuest(place)) {
        continue;
      }
      byte first = guest[place];
      if (first == expected[place]) {
        if (counts(text, i)) {
          counting++;
        } else {
          thunks++;
        }
      } else if (first == 0x0f && guest[place + 1] == (byte) 0xae) {
        fences++;
      } else if (first == (byte) 0xff || first == 0x41) {
        direct++;
        if (expected[place] == Rewriting.JUMP_32) {
          boolean trapped = guest[place + (first == 0x41 ? 3 : 2)] == Rewriting.INT3;
          trappedJumps += trapped ? 1 : 0;
          bareJumps += trapped ? 0 : 1;
        }
      }
    }
    Mode indirect = bareJumps > trappedJumps ? Mode.INDIRECT_BARE : Mode.INDIRECT;
    int most = Math.max(Math.max(thunks, counting), Math.max(fences, direct));
    if (most == thunks) {
      return Mode.THUNK;
    }
    if (most == counting) {
      return Mode.CALL_DEPTH;
    }
    return most == fences ? Mode.LFENCE : indirect;
  }

  /** Whether the guest's site leads to the counting thunk of its register. */
  private boolean counts(Rewriting text, int site) {
    int field = sites[site] + lengths[site] - Integer.BYTES;
    long target = text.target(text.guest(), field);
    return target == callThunks[registers[site]] || target == jumpThunks[registers[site]];
  }

  private void count(Rewriting text) {
    for (int i = 0; i < sites.length; i++) {
      int opcode = sites[i] + (text.expected()[sites[i]] == CS_PREFIX ? 1 : 0);
      boolean call = text.expected()[opcode] == Rewriting.CALL;
      text.putDistance(
          sites[i] + lengths[i] - Integer.BYTES,
          call ? callThunks[registers[i]] : jumpThunks[registers[i]]);
    }
  }

  /** Rewrites every site. */
  public void apply(Rewriting text, Mode mode, NopRewriter nops) {
    if (mode == Mode.THUNK) {
      return;
    }
    if (mode == Mode.CALL_DEPTH) {
      count(text);
      return;
    }
    byte[] bytes = new byte[16];
    for (int i = 0; i < sites.length; i++) {
      int used = branch(text.expected(), sites[i], registers[i], lengths[i], mode, bytes);
      if (used == lengths[i]) {
        nops.optimise(bytes, 0, used);
        System.arraycopy(bytes, 0, text.expected(), sites[i], used);
      }
    }
  }

  /** What patch_retpoline emits; more bytes than the site has mean that it is left alone. */
  private static int branch(
      byte[] code, int site, int register, int length, Mode mode, byte[] bytes) {
    int at = code[site] == CS_PREFIX ? site + 1 : site;
    byte opcode = code[at];
    int used = 0;
    if (opcode == 0x0f) {
      bytes[used++] = (byte) (0x70 + ((code[at + 1] & 0xf) ^ 1));
      bytes[used++] = (byte) (length - 2);
      opcode = Rewriting.JUMP_32;
    }
    if (mode == Mode.LFENCE) {
      bytes[used++] = 0x0f;
      bytes[used++] = (byte) 0xae;
      bytes[used++] = (byte) 0xe8;
    }
    if (register >= 8) {
      bytes[used++] = 0x41;
    }
    bytes[used++] = (byte) 0xff;
    bytes[used++] = (byte) ((opcode == Rewriting.CALL ? 0xd0 : 0xe0) + (register & 7));
    if (opcode == Rewriting.JUMP_32 && used < length && mode != Mode.INDIRECT_BARE) {
      bytes[used++] = Rewriting.INT3;
    }
    while (used < length) {
      bytes[used++] = (byte) 0x90;
    }
    return used;
  }
}
