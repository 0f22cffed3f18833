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
    /**
     * CS prefixes before an indirect call, INT3 up to the end behind a jump (since 6.17 or 6.18).
     */
    INDIRECT_PADDED,
    /**
     * The indirect branch, and where it would end in the lower half of a cache line a call or jump
     * to a thunk that does not (Indirect Target Selection, since 2025-05).
     */
    ALIGNED,
    /** The same, with the form of {@link #INDIRECT_BARE}. */
    ALIGNED_BARE,
    /** The same, with the form of {@link #INDIRECT_PADDED}. */
    ALIGNED_PADDED,
    /** LFENCE and the indirect branch. */
    LFENCE,
    /** Through the thunks that count calls (Retbleed mitigation "stuff"). */
    CALL_DEPTH;

    boolean isAligned() {
      return this == ALIGNED || this == ALIGNED_BARE || this == ALIGNED_PADDED;
    }

    private boolean isBare() {
      return this == INDIRECT_BARE || this == ALIGNED_BARE;
    }

    private boolean isPadded() {
      return this == INDIRECT_PADDED || this == ALIGNED_PADDED;
    }
  }

  private static final String[] REGISTERS = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15"
  };

  private static final byte CS_PREFIX = 0x2e;
  private static final byte REX_B = 0x41;
  private static final byte GROUP_5 = (byte) 0xff;

  private final int[] sites;
  private final byte[] lengths;
  private final byte[] registers;
  private final long[] callThunks = new long[REGISTERS.length];
  private final long[] jumpThunks = new long[REGISTERS.length];
  private final long[] thunksOf = new long[REGISTERS.length];
  private final AlignedThunks aligned;
  private final SiteIndex index;

  public Retpolines(ImageLayout layout) {
    Map<Long, Integer> thunks = new HashMap<>();
    for (int i = 0; i < REGISTERS.length; i++) {
      int register = i;
      layout
          .names()
          .find("__x86_indirect_thunk_" + REGISTERS[i])
          .ifPresent(offset -> thunks.put(offset, register));
      thunksOf[i] = thunk(layout, "__x86_indirect_thunk_" + REGISTERS[i]);
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
    aligned = new AlignedThunks(layout, REGISTERS);
    index = SiteIndex.of("retpoline", sites, i -> lengths[i]);
  }

  private static long thunk(ImageLayout layout, String name) {
    return layout.names().find(name).orElse(Long.MIN_VALUE);
  }

  SiteIndex index() {
    return index;
  }

  /** What the sites of one guest show. */
  private static final class Votes {
    private int thunks;
    private int counting;
    private int fences;
    private int direct;
    private int bareJumps;
    private int trappedJumps;
    private int paddedCalls;
    private int plainCalls;
    private int alignedBranches;
    private int directWhereAligned;

    private Mode mode() {
      int withAligned = alignedBranches + direct - directWhereAligned;
      int most =
          Math.max(Math.max(thunks, counting), Math.max(fences, Math.max(direct, withAligned)));
      if (most == thunks) {
        return Mode.THUNK;
      }
      if (most == counting) {
        return Mode.CALL_DEPTH;
      }
      if (most == fences) {
        return Mode.LFENCE;
      }
      boolean aligned = most != direct;
      if (paddedCalls > plainCalls) {
        return aligned ? Mode.ALIGNED_PADDED : Mode.INDIRECT_PADDED;
      }
      if (bareJumps > trappedJumps) {
        return aligned ? Mode.ALIGNED_BARE : Mode.INDIRECT_BARE;
      }
      return aligned ? Mode.ALIGNED : Mode.INDIRECT;
    }

    /** The least difference of two counts that {@link #mode} compares and that decided. */
    private int margin() {
      int withAligned = alignedBranches + direct - directWhereAligned;
      int[] counts = {thunks, counting, fences, direct, withAligned};
      Arrays.sort(counts);
      int most = counts[counts.length - 1];
      int margin = most - counts[counts.length - 2];
      if (most == thunks || most == counting || most == fences) {
        return margin;
      }
      int padding = Math.abs(paddedCalls - plainCalls);
      int traps = paddedCalls > plainCalls ? padding : Math.abs(bareJumps - trappedJumps);
      return Math.min(margin, Math.min(padding, traps));
    }
  }

  /** The mode that most sites show. */
  Mode infer(Rewriting text, BootVotes margins) {
    Votes votes = new Votes();
    for (int i = 0; i < sites.length; i++) {
      if (text.inGuest(sites[i])) {
        vote(text, i, votes);
      }
    }
    margins.retpolines(votes.margin());
    return votes.mode();
  }

  private void vote(Rewriting text, int site, Votes votes) {
    byte[] guest = text.guest();
    byte[] expected = text.expected();
    int place = sites[site];
    int direct = directAt(guest, place, lengths[site]);
    if (direct >= 0) {
      voteDirect(text, site, direct, votes);
    } else if (guest[place] == expected[place]) {
      long target = text.target(guest, distanceField(site));
      if (counts(text, site)) {
        votes.counting++;
      } else if (target == thunksOf[registers[site]]) {
        votes.thunks++;
      } else if (aligned.isThunk(text, target, registers[site])) {
        votes.alignedBranches++;
      }
    } else if (guest[place] == 0x0f && guest[place + 1] == (byte) 0xae) {
      votes.fences++;
    }
  }

  /** Where the opcode of an indirect branch lies behind prefixes; -1 if there is none. */
  private static int directAt(byte[] code, int place, int length) {
    int at = place;
    while (at < place + length && code[at] == CS_PREFIX) {
      at++;
    }
    at += code[at] == REX_B ? 1 : 0;
    return at < place + length && code[at] == GROUP_5 ? at : -1;
  }

  private void voteDirect(Rewriting text, int site, int opcode, Votes votes) {
    votes.direct++;
    votes.directWhereAligned += isAligned(text, site) ? 1 : 0;
    int place = sites[site];
    boolean jump = (text.guest()[opcode + 1] & 0x38) == 0x20;
    if (jump) {
      boolean trapped = text.guest()[opcode + 2] == Rewriting.INT3;
      votes.trappedJumps += trapped ? 1 : 0;
      votes.bareJumps += trapped ? 0 : 1;
    } else {
      boolean padded = text.guest()[place] == CS_PREFIX;
      votes.paddedCalls += padded ? 1 : 0;
      votes.plainCalls += padded ? 0 : 1;
    }
  }

  private int distanceField(int site) {
    return sites[site] + lengths[site] - Integer.BYTES;
  }

  /** Whether the indirect branch would end in the lower half of its cache line. */
  private boolean isAligned(Rewriting text, int site) {
    int skipped = text.expected()[sites[site]] == 0x0f ? 2 : 0;
    long last = text.layout().offsetOf(sites[site]) + skipped + 1L + registers[site] / 8;
    return AlignedThunks.isLowerHalf(last);
  }

  /** Whether the guest's site leads to the counting thunk of its register. */
  private boolean counts(Rewriting text, int site) {
    long target = text.target(text.guest(), distanceField(site));
    return target == callThunks[registers[site]] || target == jumpThunks[registers[site]];
  }

  private void count(Rewriting text) {
    for (int i = 0; i < sites.length; i++) {
      int opcode = sites[i] + (text.expected()[sites[i]] == CS_PREFIX ? 1 : 0);
      boolean call = text.expected()[opcode] == Rewriting.CALL;
      text.putDistance(
          distanceField(i), call ? callThunks[registers[i]] : jumpThunks[registers[i]]);
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
      if (mode.isAligned() && isAligned(text, i)) {
        int field = distanceField(i);
        text.putDistance(field, aligned.target(text, field, registers[i]));
        continue;
      }
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
    boolean call = opcode == Rewriting.CALL;
    int branch = register >= 8 ? 3 : 2;
    while (mode.isPadded() && call && used + branch < length) {
      bytes[used++] = CS_PREFIX;
    }
    if (register >= 8) {
      bytes[used++] = REX_B;
    }
    bytes[used++] = GROUP_5;
    bytes[used++] = (byte) ((call ? 0xd0 : 0xe0) + (register & 7));
    if (!call && used < length && !mode.isBare()) {
      bytes[used++] = Rewriting.INT3;
    }
    while (used < length) {
      bytes[used++] = mode.isPadded() ? Rewriting.INT3 : (byte) 0x90;
    }
    return used;
  }
}
