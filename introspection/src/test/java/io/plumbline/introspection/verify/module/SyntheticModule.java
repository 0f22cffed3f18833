package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModuleOutline;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import io.plumbline.introspection.golden.image.ModuleRelocations.Kind;
import io.plumbline.introspection.golden.image.PatchSites;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.patch.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A module of one page of code, one of read-only data and one of data, with a site of each common
 * kind, and the bytes that a guest holds after a boot as {@link SyntheticImage} has it.
 */
public final class SyntheticModule {
  public static final long ADDRESS = 0xffffffffc0010000L;

  /** Where the code lay that was freed when the module was initialised. */
  public static final long INITIALISATION = 0xffffffffc0030000L;

  /** Fields of a module's record. */
  public static final int LINKS = 8;

  public static final int NAME = 24;
  public static final int TEXT_FIELD = 0x140;

  static final int TEXT_BYTES = 0x600;
  static final int PAGE = 4096;
  static final int EXCEPTIONS = 0x100;
  static final int EXCEPTION_ENTRIES = 4;

  private static final int RETURN = 0x40;

  /** Offset of a call to the function tracer, with plain code before it. */
  public static final int TRACE = 0x80;

  private static final int LOCK = 0xc0;
  private static final int JUMP = 0x100;
  private static final int DATA_REFERENCE = 0x140;
  private static final int CONSTANT_REFERENCE = 0x180;
  private static final int INITIALISATION_REFERENCE = 0x1c0;
  private static final int INITIALISATION_BYTES = 0x60;

  /** Bytes of an initialisation that is one call: most of them are its address. */
  static final int ONE_CALL = 5;

  private static final int READ_ONLY_BYTES = 0x200;
  private static final int KEY = 0x20;
  private static final List<String> IMPORTS =
      List.of("__x86_return_thunk", "__fentry__", "function_a");

  private final String name;
  private final String release;
  private final byte[] text = new byte[TEXT_BYTES];
  private final byte[] readOnly = new byte[READ_ONLY_BYTES];
  private final byte[] initialisation;
  private final int initialisationCall;
  private final long address;
  private final List<long[]> relocations = new ArrayList<>();

  /**
   * @param release that decides whether the parts lie together (before 6.4)
   * @param seed of the plain bytes
   */
  public SyntheticModule(String name, String release, long seed) {
    this(name, release, seed, ADDRESS, INITIALISATION_BYTES);
  }

  /**
   * One that lies elsewhere.
   *
   * @param address of its code
   * @param initialisationBytes of the code that is freed when the module is initialised
   */
  SyntheticModule(String name, String release, long seed, long address, int initialisationBytes) {
    this.name = name;
    this.address = address;
    this.initialisation = new byte[initialisationBytes];
    this.initialisationCall = initialisationBytes == ONE_CALL ? 0 : 0x10;
    this.release = release;
    new Random(seed).nextBytes(text);
    new Random(seed + 1).nextBytes(readOnly);
    Arrays.fill(text, 0, 0x200, (byte) 0x53);
    put(text, RETURN, 0xe9, 0, 0, 0, 0);
    relocate(RETURN + 1, Kind.RELATIVE_32, imported(0), -4);
    put(text, TRACE, 0xe8, 0, 0, 0, 0);
    relocate(TRACE + 1, Kind.RELATIVE_32, imported(1), -4);
    put(text, LOCK, 0xf0, 0x48, 0xff, 0x00);
    put(text, JUMP, 0x0f, 0x1f, 0x44, 0x00, 0x00);
    put(text, DATA_REFERENCE, 0x48, 0xc7, 0xc7, 0, 0, 0, 0);
    relocate(DATA_REFERENCE + 3, Kind.ABSOLUTE_32_SIGNED, 2 * PAGE + KEY, 0);
    put(text, CONSTANT_REFERENCE, 0x48, 0xc7, 0xc7, 0, 0, 0, 0);
    relocate(CONSTANT_REFERENCE + 3, Kind.ABSOLUTE_32_SIGNED, PAGE, 0x10);
    put(text, INITIALISATION_REFERENCE, 0x48, 0xc7, 0xc7, 0, 0, 0, 0);
    relocate(INITIALISATION_REFERENCE + 3, Kind.ABSOLUTE_32_SIGNED, 3 * PAGE, 0);
    Arrays.fill(initialisation, (byte) (0x52 + seed % 4));
    put(initialisation, initialisationCall, 0xe8, 0, 0, 0, 0);
    relocate(3 * PAGE + initialisationCall + 1, Kind.RELATIVE_32, imported(2), -4);
    Arrays.fill(readOnly, 0x20, 0x28, (byte) 0);
    relocate(PAGE + 0x20, Kind.ABSOLUTE_64, imported(2), 0);
    for (int i = 0; i < EXCEPTION_ENTRIES; i++) {
      int entry = EXCEPTIONS + 12 * i;
      Arrays.fill(readOnly, entry, entry + 8, (byte) 0);
      Bytes.putInt(readOnly, entry + 8, i);
      relocate(PAGE + entry, Kind.RELATIVE_32, 0, 0x200 - 0x10L * i);
      relocate(PAGE + entry + 4, Kind.RELATIVE_32, 0, 0x300 + i);
    }
  }

  private static int imported(int index) {
    return ModuleImage.FIRST_IMPORT + index * ModuleImage.IMPORT_BYTES;
  }

  private static void put(byte[] code, int at, int... bytes) {
    for (int i = 0; i < bytes.length; i++) {
      code[at + i] = (byte) bytes[i];
    }
  }

  private void relocate(int place, Kind kind, int target, long addend) {
    relocations.add(new long[] {place, kind.type(), target, addend});
  }

  public ModuleImage image() {
    relocations.sort((a, b) -> Long.compare(a[0], b[0]));
    ModuleRelocations links =
        new ModuleRelocations(
            relocations.stream().mapToInt(r -> (int) r[0]).toArray(),
            new byte[relocations.size()],
            relocations.stream().mapToInt(r -> (int) r[2]).toArray(),
            relocations.stream().mapToLong(r -> r[3]).toArray());
    for (int i = 0; i < links.size(); i++) {
      links.kinds()[i] = (byte) relocations.get(i)[1];
    }
    byte[] exceptions =
        Arrays.copyOfRange(readOnly, EXCEPTIONS, EXCEPTIONS + 12 * EXCEPTION_ENTRIES);
    return new ModuleImage(
        name,
        release + " SMP mod_unload",
        "",
        List.of(
            new ModulePart(ModuleMemory.TEXT, 0, TEXT_BYTES, text),
            new ModulePart(ModuleMemory.READ_ONLY, PAGE, READ_ONLY_BYTES, readOnly),
            new ModulePart(ModuleMemory.DATA, 2 * PAGE, 0x40, new byte[0]),
            new ModulePart(ModuleMemory.INIT, 3 * PAGE, 0x80, initialisation)),
        List.of(
            new ImageSection(".text", 0, text, true, false),
            new ImageSection("__ex_table", PAGE + EXCEPTIONS, exceptions, false, false)),
        links,
        IMPORTS,
        Map.of("entry_of_" + name, 0x20),
        new ImageSymbols(
            new long[] {0, 0x20}, new byte[] {'t', 'T'}, List.of("start", "entry_of_" + name)),
        new PatchSites(
            List.of(),
            new int[] {LOCK},
            List.of(),
            new int[0],
            new int[] {RETURN},
            new int[0],
            new int[0],
            List.of(),
            List.of(new PatchSites.JumpLabel(JUMP, 0x20, 2 * PAGE + KEY, false)),
            List.of(),
            new int[] {TRACE}));
  }

  /** What a guest holds of the code. */
  byte[] guestText(SyntheticImage kernel, long dataAt, long readOnlyAt) {
    byte[] guest = Arrays.copyOf(text, PAGE);
    long thunk = kernel.addressOf("srso_return_thunk");
    Bytes.putInt(guest, RETURN + 1, (int) (thunk - (address + RETURN + 5)));
    put(guest, TRACE, 0x0f, 0x1f, 0x44, 0x00, 0x00);
    guest[LOCK] = 0x3e;
    put(guest, JUMP, 0xe9, 0, 0, 0, 0);
    Bytes.putInt(guest, JUMP + 1, 0x20 - (JUMP + 5));
    Bytes.putInt(guest, DATA_REFERENCE + 3, (int) (dataAt + KEY));
    Bytes.putInt(guest, CONSTANT_REFERENCE + 3, (int) (readOnlyAt + 0x10));
    Bytes.putInt(guest, INITIALISATION_REFERENCE + 3, (int) INITIALISATION);
    return guest;
  }

  /** What a guest holds of the read-only data, its table sorted by address as the loader does. */
  byte[] guestReadOnly(SyntheticImage kernel, long readOnlyAt) {
    byte[] guest = Arrays.copyOf(readOnly, PAGE);
    Bytes.putLong(guest, 0x20, kernel.addressOf("function_a"));
    for (int i = 0; i < EXCEPTION_ENTRIES; i++) {
      int entry = EXCEPTIONS + 12 * (EXCEPTION_ENTRIES - 1 - i);
      Bytes.putInt(guest, entry, (int) (address + 0x200 - 0x10L * i - (readOnlyAt + entry)));
      Bytes.putInt(guest, entry + 4, (int) (address + 0x300 + i - (readOnlyAt + entry + 4)));
      Bytes.putInt(guest, entry + 8, i);
    }
    return guest;
  }

  /** What a guest holds of the code that is freed, while it is not. */
  public byte[] guestInitialisation(SyntheticImage kernel) {
    byte[] guest = Arrays.copyOf(initialisation, PAGE);
    long end = INITIALISATION + initialisationCall + 5;
    Bytes.putInt(guest, initialisationCall + 1, (int) (kernel.addressOf("function_a") - end));
    return guest;
  }

  /** The guest's data: the static key is on. */
  byte[] guestData() {
    byte[] guest = new byte[PAGE];
    guest[KEY] = 1;
    return guest;
  }

  /** Address of the read-only data in a guest. */
  public long readOnlyAt() {
    return release.startsWith("6.1.") ? address + PAGE : address + 0x5000;
  }

  public long dataAt() {
    return release.startsWith("6.1.") ? address + 2 * PAGE : address + 0x8000;
  }

  /** The book of modules. */
  public static ModuleBook bookOf(ModuleImage... images) {
    ModuleOutlines outlines = new ModuleOutlines();
    Arrays.stream(images).forEach(outlines::add);
    List<ModuleOutline> all = outlines.outlines();
    return new ModuleBook() {
      @Override
      public List<ModuleOutline> outlines() {
        return all;
      }

      @Override
      public ModuleImage image(int index) {
        return images[index];
      }
    };
  }

  /** Loads the module into a guest of {@code kernel}. */
  public SyntheticGuestBuilder load(SyntheticGuestBuilder guest, SyntheticImage kernel) {
    return load(guest, kernel, Rights.KERNEL_CODE);
  }

  /** Loads the module into a guest of {@code kernel}, its code mapped with {@code rights}. */
  public SyntheticGuestBuilder load(
      SyntheticGuestBuilder guest, SyntheticImage kernel, Rights rights) {
    kernel.withData("modules", 0, recordAt() + LINKS);
    return guest
        .place(address, guestText(kernel, dataAt(), readOnlyAt()), rights)
        .place(readOnlyAt(), guestReadOnly(kernel, readOnlyAt()), Rights.KERNEL_READ_ONLY)
        .place(dataAt(), guestData(), Rights.KERNEL_DATA)
        .place(recordAt(), record(kernel.addressOf("modules")), Rights.KERNEL_DATA);
  }

  /** Linear address of what the kernel keeps of the module: its list has only this one. */
  public long recordAt() {
    return dataAt() + 0x800;
  }

  private byte[] record(long head) {
    byte[] record = new byte[0x200];
    Bytes.putLong(record, LINKS, head);
    Bytes.putLong(record, LINKS + 8, head);
    byte[] letters = name.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(letters, 0, record, NAME, letters.length);
    Bytes.putLong(record, TEXT_FIELD, address);
    return record;
  }
}
