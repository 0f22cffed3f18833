package io.plumbline.signaturestore.extract.kernel;

import io.plumbline.introspection.golden.image.ImageRelocations;
import io.plumbline.introspection.golden.image.PatchSites;
import io.plumbline.introspection.golden.image.PatchSites.Alternative;
import io.plumbline.introspection.golden.image.PatchSites.JumpLabel;
import io.plumbline.introspection.golden.image.PatchSites.ParavirtSite;
import io.plumbline.introspection.golden.image.PatchSites.RuntimeConstant;
import io.plumbline.introspection.golden.image.PatchSites.StaticCall;
import io.plumbline.signaturestore.extract.kernel.TinySymbols.Named;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A kernel of 64 KiB with two entries in every table, and what is to be read from it. */
public final class TinyKernel {
  static final long BASE = 0xffffffff81000000L;
  static final String BANNER =
      "Linux version 6.1.0-tiny-amd64 (builder@example) (gcc, ld) #1 SMP Debian 6.1.1-1"
          + " (2026-01-02)";
  static final String LONG_NAME = "a_name_of_more_than_127_tokens_".repeat(6);

  private static final int TEXT_BYTES = 0x2000;
  private static final int READ_ONLY = 0x2000;
  private static final int READ_ONLY_END = 0x8000;
  private static final int DATA = 0x9000;
  private static final int INIT_DATA = 0xa000;
  private static final int STATIC_CALLS = 0x100;
  private static final int TRACES = 0x200;
  private static final int ALTERNATIVES = 0xb000;
  private static final int REPLACEMENTS = 0xb200;

  private final SymbolLayout symbolLayout;
  private final int alternativeBytes;
  private final byte[] text = new byte[TEXT_BYTES];
  private final Map<Integer, Table> tables = new TreeMap<>();
  private final List<Named> symbols = new ArrayList<>();
  private byte[] appended;

  /** One section of the file. */
  private record Table(String name, int flags, byte[] bytes) {}

  public TinyKernel(SymbolLayout symbolLayout, int alternativeBytes) {
    this.symbolLayout = symbolLayout;
    this.alternativeBytes = alternativeBytes;
    appended = relocationBytes();
    put(0x100, 0x0f, 0x1f, 0x00);
    put(0x110, 0x0f, 0xae, 0xe8);
    put(0x120, 0xf0, 0x66, 0xf0);
    put(0x130, 0xff, 0x14, 0x25, 0, 0, 0, 0);
    put(0x140, 0xff, 0x25, 0, 0, 0, 0);
    put(0x150, 0xe8, 1, 0, 0, 0, 0x2e, 0xe9, 1, 0, 0, 0, 0x0f, 0x85, 1, 0, 0, 0);
    put(0x170, 0xe9, 1, 0, 0, 0, 0xe9, 1, 0, 0, 0);
    put(0x180, 0xe8, 1, 0, 0, 0, 0xe8, 1, 0, 0, 0);
    put(0x190, 0xf3, 0x0f, 0x1e, 0xfa, 0xf3, 0x0f, 0x1e, 0xfa);
    put(0x1a0, 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01, 12, 0x78, 0x56, 0x34, 0x12);
    put(0x1b0, 0x66, 0x90, 0x0f, 0x1f, 0x44, 0x00, 0x00, 0xe9, 1, 0, 0, 0);
    put(0x1c0, 0xe8, 1, 0, 0, 0, 0xe9, 1, 0, 0, 0);
    put(0x1d0, 0xe8, 1, 0, 0, 0, 0x0f, 0x1f, 0x44, 0x00, 0x00);
    addTables();
    addSymbols();
  }

  /** What the tables say. */
  PatchSites sites() {
    boolean flags = alternativeBytes == 14;
    return new PatchSites(
        List.of(
            new Alternative(0x100, REPLACEMENTS, 0x70, false, false, 3, 2),
            new Alternative(0x110, REPLACEMENTS + 2, 0x23f, alternativeBytes != 13, flags, 3, 0)),
        new int[] {0x120, 0x121},
        List.of(new ParavirtSite(0x130, 7, 7), new ParavirtSite(0x140, 42, 6)),
        new int[] {0x150, 0x155, 0x15b},
        new int[] {0x170, 0x175},
        new int[] {0x180, 0x185},
        new int[] {0x190, 0x194},
        List.of(
            new RuntimeConstant("ptr_table", 0x1a0, 8),
            new RuntimeConstant("shift_bits", 0x1a8, 1),
            new RuntimeConstant("mask_low", 0x1a9, 4)),
        List.of(
            new JumpLabel(0x1b0, 0x1b7, DATA, false),
            new JumpLabel(0x1b2, 0x1b0, DATA + 16, true),
            new JumpLabel(0x1b7, 0x100, DATA + 16, false)),
        List.of(
            new StaticCall(0x1c0, DATA + 32, false, true),
            new StaticCall(0x1c5, DATA + 40, true, false)),
        new int[] {0x1d0, 0x1d5});
  }

  /** What is appended to the ELF file; kernels with ordinary per-CPU addresses have two lists. */
  ImageRelocations relocations() {
    return new ImageRelocations(
        new int[] {0x10, 0x20},
        symbolLayout.absolutePerCpu() ? new int[] {0x30} : new int[0],
        new int[] {INIT_DATA + TRACES, INIT_DATA + TRACES + 16});
  }

  /** The symbols in the order of their addresses, those below the base first. */
  List<Named> symbols() {
    return symbols.stream()
        .sorted(Comparator.comparing(Named::address, Long::compareUnsigned))
        .toList();
  }

  /** Adds a symbol. */
  public TinyKernel withSymbol(String name, int place) {
    symbols.add(new Named(BASE + place, 'T', name));
    return this;
  }

  TinyKernel withoutSymbol(String name) {
    symbols.removeIf(each -> each.name().equals(name));
    return this;
  }

  TinyKernel withSection(int place, String name, byte[] bytes) {
    tables.put(place, new Table(name, TinyElf.ALLOC, bytes));
    return this;
  }

  TinyKernel without(String section) {
    tables.values().removeIf(each -> each.name().equals(section));
    return this;
  }

  TinyKernel withAppended(byte[] bytes) {
    appended = bytes;
    return this;
  }

  /** Other bytes in the code. */
  TinyKernel put(int place, int... bytes) {
    for (int i = 0; i < bytes.length; i++) {
      text[place + i] = (byte) bytes[i];
    }
    return this;
  }

  /** The ELF file and what is appended. */
  public byte[] elf() {
    TinyElf elf = new TinyElf(BASE);
    elf.add(".text", 1, TinyElf.ALLOC | TinyElf.EXECUTE, BASE, text);
    elf.add(".rodata", 1, TinyElf.ALLOC | TinyElf.WRITE, BASE + READ_ONLY, readOnlyData());
    elf.add(".notes", 7, TinyElf.ALLOC, BASE + READ_ONLY_END - 0x100, notes());
    tables.forEach(
        (place, table) -> elf.add(table.name(), 1, table.flags(), BASE + place, table.bytes()));
    return new LittleEndian().bytes(elf.build()).bytes(appended).toBytes();
  }

  private byte[] readOnlyData() {
    LittleEndian data = new LittleEndian();
    data.bytes((BANNER + "\n").getBytes(StandardCharsets.US_ASCII)).u8(0).padTo(512);
    // Digits without a table around: the search has to go on.
    data.bytes(
        "x\0000\0001\0002\0003\0004\0005\0006\0007\0008\0009\0y"
            .getBytes(StandardCharsets.US_ASCII));
    new TinySymbols(symbolLayout, symbols(), BASE).write(data, BASE + READ_ONLY);
    return data.toBytes();
  }

  private static byte[] notes() {
    LittleEndian notes = new LittleEndian();
    notes.u32(6).u32(1).u32(1).bytes("Linux\0\0\0".getBytes(StandardCharsets.US_ASCII)).u32(9);
    notes.u32(4).u32(3).u32(3).bytes("GNU\0".getBytes(StandardCharsets.US_ASCII));
    return notes.bytes(new byte[] {(byte) 0xab, (byte) 0xcd, 0x12}).align(4).toBytes();
  }

  private byte[] relocationBytes() {
    ImageRelocations expected = relocations();
    LittleEndian lists = new LittleEndian();
    list(lists, expected.absolute64());
    if (symbolLayout.absolutePerCpu()) {
      list(lists, expected.inverse32());
    }
    list(lists, expected.absolute32());
    return lists.toBytes();
  }

  private static void list(LittleEndian lists, int[] places) {
    lists.u32(0);
    for (int place : places) {
      lists.u32(BASE + place);
    }
  }

  private void addTables() {
    PatchSites sites = sites();
    tables.put(DATA, new Table(".data", TinyElf.ALLOC | TinyElf.WRITE, new byte[0x100]));
    tables.put(INIT_DATA, new Table(".init.data", TinyElf.ALLOC | TinyElf.WRITE, initData(sites)));
    TinyTables write = new TinyTables(BASE);
    withSection(
        ALTERNATIVES,
        ".altinstructions",
        write.alternatives(ALTERNATIVES, sites.alternatives(), alternativeBytes));
    tables.put(
        REPLACEMENTS,
        new Table(".altinstr_replacement", TinyElf.ALLOC | TinyElf.EXECUTE, new byte[16]));
    withSection(0xb400, ".smp_locks", write.list(0xb400, sites.smpLocks(), 64));
    withSection(0xb500, ".parainstructions", write.paravirt(sites.paravirt()));
    withSection(0xb600, ".retpoline_sites", write.list(0xb600, sites.retpolines(), 0));
    withSection(0xb700, ".return_sites", write.list(0xb700, sites.returns(), 0));
    withSection(0xb800, ".call_sites", write.list(0xb800, sites.callDepthCalls(), 0));
    withSection(0xb900, ".ibt_endbr_seal", write.list(0xb900, sites.branchTargetSeals(), 0));
    withSection(0xba00, "runtime_ptr_table", write.list(0xba00, new int[] {0x1a0}, 0));
    withSection(0xba40, "runtime_shift_bits", write.list(0xba40, new int[] {0x1a8}, 0));
    withSection(0xba80, "runtime_mask_low", write.list(0xba80, new int[] {0x1a9}, 0));
  }

  private static byte[] initData(PatchSites sites) {
    TinyTables write = new TinyTables(BASE);
    LittleEndian data = new LittleEndian();
    data.bytes(write.jumpLabels(INIT_DATA, sites.jumpLabels())).padTo(STATIC_CALLS);
    data.bytes(write.staticCalls(INIT_DATA + STATIC_CALLS, sites.staticCalls())).padTo(TRACES);
    int[] traces = sites.functionTraces();
    data.u64(BASE + traces[0]).u64(0).u64(BASE + traces[1]);
    return data.toBytes();
  }

  private void addSymbols() {
    if (symbolLayout.absolutePerCpu()) {
      symbols.add(new Named(0, 'A', "fixed_percpu_data"));
      symbols.add(new Named(0x1000, 'A', "cpu_number"));
    }
    withSymbol("_text", 0).withSymbol("_stext", 0);
    for (int i = 0; i < 600; i++) {
      symbols.add(new Named(BASE + 0x200 + 4L * i, 't', "function_" + i));
    }
    withSymbol(LONG_NAME, 0x1f00).withSymbol("linux_banner", READ_ONLY);
    withSymbol("__end_rodata", READ_ONLY_END);
    bound("__jump_table", INIT_DATA, 3 * 16);
    bound("static_call_sites", INIT_DATA + STATIC_CALLS, 2 * 8);
    bound("mcount_loc", INIT_DATA + TRACES, 3 * 8);
    for (String function : List.of("apply_alternatives", "apply_returns", "ftrace_init")) {
      withSymbol(function, 0x1f10);
    }
  }

  private void bound(String table, int start, int bytes) {
    withSymbol("__start_" + table, start).withSymbol("__stop_" + table, start + bytes);
  }
}
