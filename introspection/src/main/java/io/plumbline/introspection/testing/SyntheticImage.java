package io.plumbline.introspection.testing;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageRelocations;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.PatchSites;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.verify.patch.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A kernel of a few pages that patches itself in every way, and a guest that runs it: text,
 * read-only data with a part that is written at boot, and data, assembled from {@link SiteLines}.
 */
public final class SyntheticImage {
  public static final long BASE = 0xffffffff81000000L;
  public static final long SLIDE = 0x1400000L;

  /** Where Linux maps all memory, in pages of 1 GiB. */
  private static final long DIRECT_MAP = 0xffff888000000000L;

  private static final int GIB_LEVEL = 3;
  private static final int RODATA = 0x4000;

  /** Offset of the table of system calls, of two entries, in images that have one. */
  public static final int SYSTEM_CALLS = RODATA + 0x600;

  private static final int DISPATCH = 0x3700;

  /** Where a system call goes on after it has read two variables. */
  private static final int AFTER_VARIABLES = 14;

  private static final int AFTER_INIT = 0x5000;
  private static final int RODATA_END = 0x6000;
  private static final int DATA = 0x6000;
  private static final int REPLACEMENTS = 0x8000;
  private static final int EXPORTS = 0xa000;
  private static final int EXPORTED_NAMES = 0xb000;
  private static final int IDT = 0xd000;
  private static final int EXPORT_BYTES = 12;
  private static final int COPIES = 4;
  private static final String BANNER = "Synthetic version 6.1.0-0-synthetic (nobody) #1";

  private final Map<String, Long> symbols = new LinkedHashMap<>();

  /** Linked addresses of variables that each processor has of its own. */
  private static final Map<String, Long> OWN_OF_PROCESSORS =
      Map.of("gdt_page", 0xb000L, "cpu_tss_rw", 0xc000L);

  /** Where the descriptor tables of a guest lie: IDT, GDT, and the TSS two pages on. */
  private static final long TABLES = 0xfffffe0000000000L;

  private final byte[] text = new byte[RODATA];
  private final byte[] guestText = new byte[RODATA];
  private final byte[] rodata = new byte[RODATA_END - RODATA];
  private final byte[] guestRodata;
  private final byte[] data = new byte[0x1000];
  private final byte[] guestData;
  private final byte[] replacements = new byte[0x1000];
  private int replacementEnd;
  private final List<PatchSites.Alternative> alternatives = new ArrayList<>();
  private final Map<String, List<Integer>> places = new TreeMap<>();
  private final List<PatchSites.ParavirtSite> paravirt = new ArrayList<>();
  private final List<PatchSites.RuntimeConstant> constants = new ArrayList<>();
  private final List<PatchSites.JumpLabel> jumps = new ArrayList<>();
  private final List<PatchSites.StaticCall> calls = new ArrayList<>();
  private final boolean relocating;
  private int[] absolute32 = new int[0];
  private int[] absolute64 = {};

  private SyntheticImage(boolean relocating) {
    this.relocating = relocating;
    Arrays.fill(text, (byte) 0xcc);
    symbols();
    functions();
    List<SiteLines.Site> lines = new ArrayList<>(SiteLines.common());
    lines.addAll(relocating ? SiteLines.relocating() : SiteLines.classic());
    System.arraycopy(text, 0, guestText, 0, text.length);
    trampolines();
    // A system call reads the variables of the kernel's that hold pointers.
    for (byte[] code : new byte[][] {text, guestText}) {
      assemble(code, offset("entry_SYSCALL_64"), "48 8b 15 @handlers 48 8b 15 @chain");
    }
    int at = 0x1000;
    for (int copy = 0; copy < COPIES; copy++) {
      for (SiteLines.Site line : lines) {
        place(line, at);
        at += 32;
      }
    }
    readOnlyData();
    guestRodata = rodata.clone();
    guestData = data.clone();
    boot();
  }

  public static SyntheticImage classic() {
    return new SyntheticImage(false);
  }

  public static SyntheticImage relocating() {
    return new SyntheticImage(true);
  }

  /**
   * The same, in which a system call holds a number besides, as kernels hold constants of 64 bits:
   * it may be what some program has for an address.
   */
  public SyntheticImage holding(long number) {
    for (byte[] code : new byte[][] {text, guestText}) {
      int at = offset("entry_SYSCALL_64") + AFTER_VARIABLES;
      assemble(code, at, "48 b9");
      Bytes.putLong(code, at + 2, number);
    }
    return this;
  }

  private void symbols() {
    String[] functions = {
      "_text",
      "function_a",
      "function_b",
      "__x86_return_thunk",
      "srso_return_thunk",
      "__x86_indirect_thunk_rax",
      "__x86_indirect_thunk_r11",
      "__fentry__",
      "_paravirt_nop",
      "__static_call_return0",
      "asm_exc_divide_error",
      "asm_exc_page_fault",
      "asm_exc_invalid_op",
      "entry_SYSCALL_64",
      "kprobe_dispatcher",
      "optimized_callback"
    };
    long at = 0;
    for (String name : functions) {
      symbols.put(name, at);
      at += 0x40;
    }
    for (String name : new String[] {"__SCT__set", "__SCT__null", "__SCT__zero"}) {
      symbols.put(name, at);
      at += 0x40;
    }
    symbols.put("klp_ftrace_handler", 0x580L);
    symbols.put("ftrace_caller", 0x600L);
    symbols.put("ftrace_caller_op_ptr", 0x610L);
    symbols.put("ftrace_call", 0x620L);
    symbols.put("ftrace_caller_end", 0x630L);
    symbols.put("_etext", (long) RODATA - 0x800);
    symbols.put("__start_rodata", (long) RODATA);
    symbols.put("linux_banner", (long) RODATA + 0x40);
    symbols.put("__start_ro_after_init", (long) AFTER_INIT);
    symbols.put("operations", (long) AFTER_INIT + 0x100);
    symbols.put("__end_ro_after_init", (long) AFTER_INIT + 0x800);
    symbols.put("__end_rodata", (long) RODATA_END);
    symbols.put("boot_cpu_data", (long) DATA);
    symbols.put("pv_ops", (long) DATA + 0x200);
    symbols.put("__SCK__set", (long) DATA + 0x300);
    symbols.put("__SCK__null", (long) DATA + 0x310);
    symbols.put("__SCK__zero", (long) DATA + 0x320);
    symbols.put("key_on", (long) DATA + 0x340);
    symbols.put("key_off", (long) DATA + 0x350);
    symbols.put("hash", (long) DATA + 0x360);
    symbols.put("hash_shift", (long) DATA + 0x370);
    symbols.put("kprobe_table", (long) DATA + 0x400);
    symbols.put("__per_cpu_offset", (long) DATA + 0x380);
    symbols.put("modules", (long) DATA + 0x3c0);
    symbols.put("modprobe_path", (long) DATA + 0x800);
    symbols.put("idt_table", (long) IDT);
    symbols.put("handlers", (long) DATA + 0x600);
    symbols.put("chain", (long) DATA + 0x620);
    symbols.put("counters", (long) DATA + 0x640);
    symbols.put("_end", (long) DATA + 0x1000);
    symbols.put("optprobe_template_entry", (long) RODATA + 0x400);
    symbols.put("optprobe_template_val", (long) RODATA + 0x408);
    symbols.put("optprobe_template_call", (long) RODATA + 0x420);
    symbols.put("optprobe_template_end", (long) RODATA + 0x430);
  }

  private void functions() {
    for (int at = 0; at < 0x800; at += 0x40) {
      Arrays.fill(text, at, at + 0x30, (byte) 0x53);
      text[at + 0x2f] = (byte) 0xc3;
    }
  }

  private void trampolines() {
    trampoline("__SCT__set", "function_b");
    trampoline("__SCT__zero", "__static_call_return0");
    assemble(text, offset("__SCT__null"), "e9 @__x86_return_thunk");
    assemble(guestText, offset("__SCT__null"), "e9 @srso_return_thunk");
  }

  private void trampoline(String name, String function) {
    assemble(text, offset(name), "e9 @" + function);
    assemble(guestText, offset(name), "e9 @" + function);
  }

  private int offset(String symbol) {
    return symbols.get(symbol).intValue();
  }

  private void place(SiteLines.Site line, int at) {
    int length = assemble(text, at, line.file());
    assemble(guestText, at, line.guest());
    String[] detail = line.detail().split(" ", 2);
    switch (line.kind()) {
      case "jump", "branch" ->
          jumps.add(
              new PatchSites.JumpLabel(
                  at, offset(detail[1]), offset(detail[0]), line.kind().equals("branch")));
      case "call", "tail" ->
          calls.add(
              new PatchSites.StaticCall(at, offset(detail[0]), line.kind().equals("tail"), false));
      case "paravirt" ->
          paravirt.add(new PatchSites.ParavirtSite(at, Integer.parseInt(detail[0]), length));
      case "constant8", "constant1" ->
          constants.add(new PatchSites.RuntimeConstant(detail[0], at, length));
      case "alternative" -> alternative(at, length, detail);
      default -> places.computeIfAbsent(line.kind(), k -> new ArrayList<>()).add(at);
    }
  }

  private void alternative(int at, int length, String[] detail) {
    byte[] code = new byte[64];
    int here = REPLACEMENTS + replacementEnd;
    int bytes = detail.length < 2 ? 0 : assemble(code, 0, here, detail[1]);
    System.arraycopy(code, 0, replacements, replacementEnd, bytes);
    replacementEnd += bytes;
    alternatives.add(
        new PatchSites.Alternative(
            at, here, Integer.parseInt(detail[0]), false, false, length, bytes));
  }

  private int assemble(byte[] code, int at, String source) {
    return assemble(code, at, at, source);
  }

  private int assemble(byte[] code, int at, int offset, String source) {
    int place = at;
    for (String token : source.trim().split(" ")) {
      if (token.isEmpty()) {
        continue;
      }
      if (token.startsWith("@")) {
        int end = offset + (place - at) + Integer.BYTES;
        Bytes.putInt(code, place, offset(token.substring(1)) - end);
        place += Integer.BYTES;
      } else if (token.startsWith("$")) {
        Bytes.putLong(code, place, address(token.substring(1)));
        place += Long.BYTES;
      } else {
        code[place++] = HexFormat.of().parseHex(token)[0];
      }
    }
    return place - at;
  }

  private long address(String symbol) {
    return BASE + SLIDE + symbols.get(symbol);
  }

  private void readOnlyData() {
    byte[] banner = (BANNER + "\n").getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(banner, 0, rodata, 0x40, banner.length);
    for (int i = 0x200; i < AFTER_INIT - RODATA; i++) {
      rodata[i] = (byte) (i * 7);
    }
    Bytes.putLong(data, offset("__SCK__set") - DATA, BASE + symbols.get("function_b"));
    Bytes.putLong(data, offset("pv_ops") - DATA, BASE + symbols.get("function_b"));
    Bytes.putLong(data, offset("handlers") - DATA + 8, BASE + symbols.get("function_a"));
  }

  private void boot() {
    Bytes.putInt(guestData, 40, 1 << 1);
    Bytes.putInt(guestData, offset("key_on") - DATA, 1);
    pointer("__SCK__set", 0, "function_b");
    pointer("__SCK__zero", 0, "__static_call_return0");
    pointer("pv_ops", 0, "function_a");
    pointer("pv_ops", 8, "_paravirt_nop");
    pointer("hash", 0, "function_a");
    pointer("handlers", 8, "function_a");
    pointer("modules", 0, "modules");
    byte[] program = "/sbin/modprobe".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(program, 0, guestData, offset("modprobe_path") - DATA, program.length);
    guestData[offset("hash_shift") - DATA] = 17;
    Bytes.putLong(guestRodata, AFTER_INIT - RODATA + 0x100, address("function_b"));
  }

  private void pointer(String variable, int plus, String function) {
    Bytes.putLong(guestData, offset(variable) - DATA + plus, address(function));
  }

  /** The kernel as its package holds it. */
  public KernelImage image() {
    Map<String, Long> all = new LinkedHashMap<>(symbols);
    OWN_OF_PROCESSORS.forEach((name, linked) -> all.put(name, linked - BASE));
    List<Map.Entry<String, Long>> sorted =
        all.entrySet().stream().sorted(Map.Entry.comparingByValue()).toList();
    byte[] types = new byte[sorted.size()];
    for (int i = 0; i < types.length; i++) {
      types[i] = (byte) (isText(sorted.get(i).getValue()) ? 't' : 'd');
    }
    return new KernelImage(
        new BuildName("Synthetic", "synthetic", "1"),
        BANNER,
        "",
        CodeMode.LONG_64,
        BASE,
        List.of(
            new ImageSection(".text", 0, text, true, false),
            new ImageSection(".rodata", RODATA, rodata, false, false),
            new ImageSection(".data", DATA, data, false, true),
            new ImageSection(".altinstr_replacement", REPLACEMENTS, replacements, true, false),
            new ImageSection("__ksymtab", EXPORTS, exports(), false, false),
            new ImageSection("__ksymtab_strings", EXPORTED_NAMES, exportedNames(), false, false)),
        new ImageRelocations(absolute32, new int[0], pointers()),
        new ImageSymbols(
            sorted.stream().mapToLong(Map.Entry::getValue).toArray(),
            types,
            sorted.stream().map(Map.Entry::getKey).toList()),
        new PatchSites(
            alternatives,
            ints("lock"),
            paravirt,
            ints("retpoline"),
            ints("return"),
            new int[0],
            ints("seal"),
            constants,
            jumps,
            calls,
            ints("trace")));
  }

  private static boolean isText(long offset) {
    return offset >= 0 && offset < RODATA - 0x800;
  }

  private int[] pointers() {
    int[] pointers = Arrays.copyOf(absolute64, absolute64.length + 1);
    pointers[absolute64.length] = offset("handlers") + Long.BYTES;
    return pointers;
  }

  /** Every symbol is exported, so that a module may import it. */
  private byte[] exports() {
    byte[] entries = new byte[symbols.size() * EXPORT_BYTES];
    int at = 0;
    int name = EXPORTED_NAMES;
    for (Map.Entry<String, Long> symbol : symbols.entrySet()) {
      Bytes.putInt(entries, at, symbol.getValue().intValue() - (EXPORTS + at));
      Bytes.putInt(entries, at + 4, name - (EXPORTS + at + 4));
      at += EXPORT_BYTES;
      name += symbol.getKey().length() + 1;
    }
    return entries;
  }

  private byte[] exportedNames() {
    return (String.join("\0", symbols.keySet()) + "\0").getBytes(StandardCharsets.US_ASCII);
  }

  /** Address in the guest of what a symbol names. */
  public long addressOf(String symbol) {
    return address(symbol);
  }

  private int[] ints(String kind) {
    return places.getOrDefault(kind, List.of()).stream().mapToInt(Integer::intValue).toArray();
  }

  /** The guest, with whatever {@code builder} has besides. */
  public SyntheticGuest guest(SyntheticGuestBuilder builder) {
    builder
        .map(DIRECT_MAP, 0, GIB_LEVEL, Rights.KERNEL_DATA)
        // Takes the frames of the page tables, so that the image's own are contiguous.
        .data(BASE + SLIDE + 0x100000, 0)
        .place(BASE + SLIDE, guestText, Rights.KERNEL_CODE)
        .place(BASE + SLIDE + RODATA, guestRodata, Rights.KERNEL_READ_ONLY)
        .place(TABLES, new byte[0], Rights.KERNEL_READ_ONLY)
        .place(TABLES + 0x1000, new byte[0], Rights.KERNEL_READ_ONLY)
        .place(TABLES + 0x3000, new byte[0], Rights.KERNEL_DATA)
        .alias(BASE + SLIDE + IDT, TABLES, Rights.KERNEL_READ_ONLY);
    long segments = DIRECT_MAP + (builder.frameAt(TABLES + 0x1000) << 12);
    Bytes.putLong(
        guestData, offset("__per_cpu_offset") - DATA, segments - OWN_OF_PROCESSORS.get("gdt_page"));
    return builder
        .place(BASE + SLIDE + DATA, guestData, Rights.KERNEL_DATA)
        .idtGate(0, address("asm_exc_divide_error"))
        .idtGate(6, address("asm_exc_invalid_op"))
        .idtGate(14, address("asm_exc_page_fault"))
        .lstar(address("entry_SYSCALL_64"))
        .build();
  }

  /**
   * Has a table of system calls.
   *
   * @param live whether code uses it; else a function of branches has taken its place
   */
  public SyntheticImage withSystemCalls(boolean live) {
    symbols.put("sys_call_table", (long) SYSTEM_CALLS);
    symbols.put("behind_system_calls", (long) SYSTEM_CALLS + 2 * Long.BYTES);
    String[] handlers = {"function_a", "function_b"};
    for (int i = 0; i < handlers.length; i++) {
      int at = SYSTEM_CALLS + i * Long.BYTES - RODATA;
      Bytes.putLong(rodata, at, BASE + symbols.get(handlers[i]));
      Bytes.putLong(guestRodata, at, address(handlers[i]));
    }
    absolute64 = new int[] {SYSTEM_CALLS, SYSTEM_CALLS + Long.BYTES};
    if (live) {
      Bytes.putInt(text, DISPATCH, (int) BASE + SYSTEM_CALLS);
      Bytes.putInt(guestText, DISPATCH, (int) (BASE + SLIDE) + SYSTEM_CALLS);
      absolute32 = new int[] {DISPATCH};
    } else {
      symbols.put("x64_sys_call", 0x5c0L);
    }
    return this;
  }

  /** Writes into the guest's text. */
  public SyntheticImage withText(String function, int plus, int... bytes) {
    for (int i = 0; i < bytes.length; i++) {
      guestText[offset(function) + plus + i] = (byte) bytes[i];
    }
    return this;
  }

  /** Writes a pointer into the guest's read-only data. */
  public SyntheticImage withReadOnly(int place, long value) {
    Bytes.putLong(guestRodata, place - RODATA, value);
    return this;
  }

  /** Changes a byte of the guest's data. */
  public SyntheticImage withData(String variable, int plus, long value) {
    Bytes.putLong(guestData, offset(variable) - DATA + plus, value);
    return this;
  }

  @Override
  public String toString() {
    return relocating ? "kernel with relocating alternatives" : "kernel with classic alternatives";
  }
}
