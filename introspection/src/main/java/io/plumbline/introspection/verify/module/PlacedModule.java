package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import io.plumbline.introspection.golden.image.ModuleRelocations.Kind;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.verify.patch.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where one guest has the parts of a module and what it imports. The code's place is where it was
 * found. Before 6.4 the other parts that stay lie behind it; since, and for what is freed or of
 * which every processor has its own, the place is the one that most of the module's linked fields
 * agree on (kernel {@code kernel/module/main.c}, {@code move_module}).
 */
final class PlacedModule {
  private static final int PAGE = PageBytes.SIZE;

  /** Since 6.4 each part is allocated by itself. */
  private static final int[] SEPARATE_PARTS = {6, 4};

  private static final String TRAMPOLINE = "__SCT__";
  private static final String KEY = "__SCK__";

  private static final Pattern RELEASE = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\b.*");

  private final PreparedModule module;
  private final FoundModule found;
  private final Map<ModuleMemory, Long> bases = new EnumMap<>(ModuleMemory.class);
  private final Map<ModuleMemory, byte[]> contents = new EnumMap<>(ModuleMemory.class);
  private final GuestFields fields;
  private final OptionalLong[] imports;
  private final Optional<byte[]> initialisation;

  /** Null until what the module imports was found. */
  private ExportedSymbols exported;

  /**
   * Finds the parts of {@code module}, whose code {@code found} has.
   *
   * @param pages addresses of pages near modules that hold data
   */
  PlacedModule(PreparedModule module, FoundModule found, VirtualMemory memory, List<Long> pages) {
    this.module = module;
    this.found = found;
    this.fields = new GuestFields(module, bases, contents);
    this.imports = new OptionalLong[module.image().imports().size()];
    Arrays.fill(imports, OptionalLong.empty());
    bases.put(ModuleMemory.TEXT, found.address());
    contents.put(ModuleMemory.TEXT, found.text());
    if (isContiguous(image())) {
      for (ModulePart part : image().parts()) {
        if (part.memory().verifiable() || part.memory() == ModuleMemory.DATA) {
          bases.put(part.memory(), found.address() + part.offset());
        }
      }
    }
    placeAll(memory);
    Optional<ModulePart> readOnly = image().part(ModuleMemory.READ_ONLY);
    if (readOnly.isPresent() && !bases.containsKey(ModuleMemory.READ_ONLY)) {
      PartSearch.readOnly(module, readOnly.get(), pages, memory)
          .ifPresent(base -> bases.put(ModuleMemory.READ_ONLY, base));
    }
    // What was found may tell where the rest is.
    placeAll(memory);
    initialisation =
        initialisationCode()
            .flatMap(part -> PartSearch.read(bases.get(part.memory()), part.length(), memory));
  }

  /** The code that is freed once the module is initialised, if it is known where it lay. */
  Optional<ModulePart> initialisationCode() {
    return image()
        .part(ModuleMemory.INIT)
        .filter(part -> part.bytes().length > 0 && bases.containsKey(part.memory()))
        .map(
            part ->
                new ModulePart(part.memory(), part.offset(), part.bytes().length, part.bytes()));
  }

  /** What the guest has there by now, in whole pages; empty if it cannot be read. */
  Optional<byte[]> initialisation() {
    return initialisation;
  }

  private void placeAll(VirtualMemory memory) {
    for (ModuleMemory kind : ModuleMemory.values()) {
      image().part(kind).ifPresent(part -> place(part, memory));
    }
  }

  /** Finds the part that is read-only after init by its tables; what is imported must be known. */
  void placeTables(VirtualMemory memory, List<Long> pages) {
    Optional<ModulePart> part = image().part(ModuleMemory.READ_ONLY_AFTER_INIT);
    if (part.isPresent() && !bases.containsKey(ModuleMemory.READ_ONLY_AFTER_INIT)) {
      for (long page : pages) {
        Optional<byte[]> content = PartSearch.read(page, part.get().length(), memory);
        if (content.isPresent() && PartSearch.isBlankFrom(content.get(), part.get().length())) {
          bases.put(ModuleMemory.READ_ONLY_AFTER_INIT, page);
          if (SortedTable.hasSameEntries(this, part.get(), content.get())) {
            contents.put(ModuleMemory.READ_ONLY_AFTER_INIT, content.get());
            return;
          }
          bases.remove(ModuleMemory.READ_ONLY_AFTER_INIT);
        }
      }
    }
  }

  /** Whether the parts that stay lie one behind the other. */
  static boolean isContiguous(ModuleImage image) {
    Matcher release = RELEASE.matcher(image.vermagic());
    if (!release.matches()) {
      return false;
    }
    int major = Integer.parseInt(release.group(1));
    int minor = Integer.parseInt(release.group(2));
    return major < SEPARATE_PARTS[0] || (major == SEPARATE_PARTS[0] && minor < SEPARATE_PARTS[1]);
  }

  private void place(ModulePart part, VirtualMemory memory) {
    if (!bases.containsKey(part.memory())) {
      fields.baseOf(part).ifPresent(base -> bases.put(part.memory(), base));
    }
    Long base = bases.get(part.memory());
    if (base != null && part.memory().verifiable() && !contents.containsKey(part.memory())) {
      PartSearch.read(base, part.length(), memory)
          .ifPresent(bytes -> contents.put(part.memory(), bytes));
    }
  }

  private Optional<ModulePart> partAt(int place) {
    for (ModulePart part : image().parts()) {
      if (part.holds(place)) {
        return Optional.of(part);
      }
    }
    // A symbol may stand for a part's end.
    return image().parts().stream()
        .filter(part -> place == part.offset() + part.length())
        .findFirst();
  }

  /**
   * Finds what the module imports: where it is exported, else where most of the module's fields
   * say.
   *
   * @return the names that nobody exports
   */
  List<String> resolve(ExportedSymbols exports) {
    exported = exports;
    List<String> names = image().imports();
    List<String> unresolved = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      imports[i] = exports.addressOf(names.get(i));
      if (imports[i].isEmpty()) {
        unresolved.add(names.get(i));
      }
    }
    if (!unresolved.isEmpty()) {
      fields.complete(imports);
    }
    return unresolved;
  }

  /** Linear address of the byte at {@code place}, also of an import; empty if it is not known. */
  OptionalLong addressOf(int place) {
    int imported = ModuleImage.importAt(place);
    if (imported >= 0) {
      OptionalLong start = imported < imports.length ? imports[imported] : OptionalLong.empty();
      return start.isEmpty()
          ? start
          : OptionalLong.of(start.getAsLong() + ModuleImage.importOffset(place));
    }
    Optional<ModulePart> part = partAt(place);
    Long base = part.map(in -> bases.get(in.memory())).orElse(null);
    return base == null
        ? OptionalLong.empty()
        : OptionalLong.of(base + place - part.get().offset());
  }

  /**
   * Linear address of a static call's key. A module that may call and not change it refers to the
   * trampoline, and the loader puts the key in its place (static_call_add_module).
   */
  OptionalLong keyAddress(int place) {
    int imported = ModuleImage.importAt(place);
    if (imported >= 0 && imported < imports.length) {
      String name = image().imports().get(imported);
      if (name.startsWith(TRAMPOLINE)) {
        return exported == null
            ? OptionalLong.empty()
            : exported.kernelSymbol(KEY + name.substring(TRAMPOLINE.length()));
      }
    }
    return addressOf(place);
  }

  /** The part as it is when linked for this guest and not patched, in whole pages. */
  byte[] linked(ModulePart part) {
    byte[] bytes = Arrays.copyOf(part.bytes(), part.length() + PAGE - 1 & -PAGE);
    Long base = bases.get(part.memory());
    ModuleRelocations all = image().relocations();
    int from = Arrays.binarySearch(all.places(), part.offset());
    for (int i = from < 0 ? -from - 1 : first(all.places(), from); i < all.size(); i++) {
      int place = all.places()[i];
      if (!part.holds(place)) {
        break;
      }
      OptionalLong target = addressOf(all.targets()[i]);
      Optional<Kind> kind = Kind.of(all.kinds()[i]);
      int at = place - part.offset();
      if (target.isPresent() && kind.isPresent() && base != null) {
        long value = kind.get().value(target.getAsLong() + all.addends()[i], base + at);
        if (kind.get().size() == Long.BYTES) {
          Bytes.putLong(bytes, at, value);
        } else {
          Bytes.putInt(bytes, at, (int) value);
        }
      }
    }
    return bytes;
  }

  private static int first(int[] places, int at) {
    int first = at;
    while (first > 0 && places[first - 1] == places[at]) {
      first--;
    }
    return first;
  }

  /** Bytes of code and read-only data that differ although no patch and no order explains it. */
  int differing() {
    int different = 0;
    for (ModulePart part : image().parts()) {
      byte[] guest = contents.get(part.memory());
      if (part.memory() != ModuleMemory.TEXT && part.memory() != ModuleMemory.READ_ONLY) {
        continue;
      }
      if (guest == null) {
        different += part.length();
        continue;
      }
      byte[] linked = linked(part);
      for (int i = 0; i < part.length(); i++) {
        different += linked[i] != guest[i] && !module.unsteady().get(part.offset() + i) ? 1 : 0;
      }
    }
    return different;
  }

  /** What the guest holds of the part, in whole pages; empty if it was not found or read. */
  Optional<byte[]> content(ModuleMemory memory) {
    return Optional.ofNullable(contents.get(memory));
  }

  /** Address of the part; empty if nothing tells it. */
  OptionalLong base(ModuleMemory memory) {
    Long base = bases.get(memory);
    return base == null ? OptionalLong.empty() : OptionalLong.of(base);
  }

  /** Whether {@code address} lies in code that is freed once the module is initialised. */
  boolean isInitialisation(long address) {
    Optional<ModulePart> part = image().part(ModuleMemory.INIT);
    Long base = bases.get(ModuleMemory.INIT);
    return part.isPresent()
        && base != null
        && address - base >= 0
        && address - base < part.get().length();
  }

  /** Whether {@code address} lies in a page of that code which {@link #initialisation} shows. */
  boolean isInitialisationCode(long address) {
    long base = initialisationCode().map(part -> bases.get(part.memory())).orElse(address + 1);
    return address - base >= 0
        && address - base < initialisation.map(code -> code.length).orElse(0);
  }

  /** Adds what the module exports to {@code exports}. */
  void addExports(ExportedSymbols exports) {
    image()
        .exports()
        .forEach(
            (name, place) -> addressOf(place).ifPresent(address -> exports.add(name, address)));
  }

  /** Whether a function of the module begins at a linear address. */
  boolean isFunction(long address) {
    long place = address - found.address();
    if (place < 0 || place >= module.textBytes()) {
      return false;
    }
    ImageSymbols symbols = image().symbols();
    for (int at = symbols.indexAtOrBefore(place); at >= 0 && symbols.offsets()[at] == place; at--) {
      byte type = symbols.types()[at];
      if (type == 't' || type == 'T' || type == 'w' || type == 'W') {
        return true;
      }
    }
    return false;
  }

  ModuleImage image() {
    return module.image();
  }

  PreparedModule module() {
    return module;
  }

  FoundModule found() {
    return found;
  }
}
