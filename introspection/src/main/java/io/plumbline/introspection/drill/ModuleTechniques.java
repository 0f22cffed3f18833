package io.plumbline.introspection.drill;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.verify.dynamic.DynamicCode;
import io.plumbline.introspection.verify.module.ModuleVerification;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Ways to hide code among modules and code that is made at run time. */
final class ModuleTechniques {
  private static final String THEME = "modules and code made at run time";

  private static final int PAGES = 3;

  /** Pages around a module's code in which its initialisation is looked for. */
  private static final int NEAR_PAGES = 64;

  private static final int CALL_BYTES = 5;
  private static final int MOST_MODULES = 4096;

  // struct module of include/linux/module.h: state, list, name.
  private static final int LIST_AT = 8;
  private static final int NAME_AT = 24;
  private static final int NAME_BYTES = 56;

  /** How the compiler of BPF programs makes a frame: push rbp; mov rbp, rsp. */
  private static final byte[] FRAME = HexFormat.of().parseHex("554889e5");

  /** int 0x80: no compiler of BPF programs makes it. */
  private static final byte[] ODD = HexFormat.of().parseHex("cd80");

  private ModuleTechniques() {}

  static List<Technique> all() {
    return List.of(
        made(
            "bpf-image",
            "a compiled BPF program holds an instruction that none compiles to",
            ModuleTechniques::program),
        made(
            "module-text",
            "a function of a module begins with a jump to foreign code",
            ModuleTechniques::changed),
        made(
            "unknown-module",
            "code of no known module lies where the kernel loads modules",
            scene -> {
              scene.payload(foreignFunction(), PAGES);
              return List.of();
            }),
        made(
            "code-in-freed-initialisation",
            "foreign code lies where a module's initialisation was freed",
            ModuleTechniques::initialisation),
        made(
            "unlinked-module",
            "a module is taken off the list of modules and stays in memory",
            ModuleTechniques::unlinked),
        made(
            "module-writable",
            "a page of a module's code can be written where it is run",
            ModuleTechniques::writable));
  }

  private static Technique made(String name, String how, MadeTechnique.Making make) {
    return new MadeTechnique(name, THEME, how, make);
  }

  /** A frame, a few instructions, a return. */
  private static byte[] foreignFunction() {
    return HexFormat.of().parseHex("554889e5534889fb31c05b5dc3");
  }

  private static List<Expected> program(Scene scene) {
    DynamicCode programs =
        Scene.first(
            scene.subject().seen().elsewhere().stream()
                .filter(code -> code.kind() == DynamicCode.Kind.BPF_PROGRAMS && code.verified())
                .findFirst(),
            "no BPF program is compiled");
    byte[] bytes = scene.read(programs.address(), (int) programs.pages() * PageBytes.SIZE);
    for (int at = 0; at + FRAME.length + ODD.length <= bytes.length; at++) {
      if (Arrays.equals(bytes, at, at + FRAME.length, FRAME, 0, FRAME.length)) {
        scene.write(programs.address() + at + FRAME.length, ODD);
        return List.of(
            Expected.of(
                FindingType.DYNAMIC_CODE, programs.address(), scene.nameOf(programs.address())));
      }
    }
    throw new NoPlaceException("no BPF program makes a frame");
  }

  /** A module of one name that the guest has loaded. */
  private static ModuleVerification module(Scene scene) {
    return Scene.first(
        scene.subject().modules().verifications().stream()
            .filter(each -> each.names().size() == 1 && each.explainsEveryByte())
            .findFirst(),
        "no module is loaded that the signature knows");
  }

  private static List<Expected> changed(Scene scene) {
    ModuleVerification module = module(scene);
    long function = module.address() + function(scene, module.names().get(0));
    scene.write(function, Scene.jump(function, scene.payload()));
    return List.of(
        Expected.of(FindingType.UNEXPECTED_CODE_MODIFICATION, function, scene.nameOf(function)));
  }

  /** Place of a function of a module that has room for a jump. */
  private static long function(Scene scene, String name) {
    ModuleBook book = scene.subject().signature().modules();
    for (int i = 0; i < book.outlines().size(); i++) {
      if (book.outlines().get(i).name().equals(name)) {
        ModulePart text = book.image(i).part(ModuleMemory.TEXT).orElseThrow();
        ImageSymbols symbols = book.image(i).symbols();
        for (int at = 0; at + 1 < symbols.size(); at++) {
          long place = symbols.offsets()[at];
          boolean code = (symbols.types()[at] | 0x20) == 't';
          if (code
              && text.holds((int) place)
              && symbols.offsets()[at + 1] - place >= 2 * CALL_BYTES) {
            return place - text.offset();
          }
        }
      }
    }
    throw new NoPlaceException("module " + name + " has no function with a name");
  }

  private static List<Expected> initialisation(Scene scene) {
    for (ModuleVerification module : scene.subject().modules().verifications()) {
      long start = module.address() - (long) NEAR_PAGES * PageBytes.SIZE;
      for (int i = 0; i < 2 * NEAR_PAGES; i++) {
        long page = start + (long) i * PageBytes.SIZE;
        boolean freed =
            scene.subject().modules().ownerOf(page).isPresent()
                && !scene.subject().modules().isKept(page);
        if (freed && scene.tables().mapping(page).isEmpty()) {
          scene.tables().map(page, scene.frame(foreignFunction()), 0);
          return List.of(scene.foreignPage(page));
        }
      }
    }
    throw new NoPlaceException("no module's initialisation has left room");
  }

  private static List<Expected> unlinked(Scene scene) {
    long head = scene.code().required("modules");
    long entry = scene.readLong(head);
    for (int followed = 0; entry != head && followed < MOST_MODULES; followed++) {
      String name = name(scene, entry - LIST_AT);
      for (ModuleVerification module : scene.subject().modules().verifications()) {
        if (module.names().equals(List.of(name))) {
          long next = scene.readLong(entry);
          long previous = scene.readLong(entry + Long.BYTES);
          scene.writeLong(previous, next);
          scene.writeLong(next + Long.BYTES, previous);
          return List.of(
              Expected.of(
                  FindingType.UNEXPECTED_KERNEL_MODULE, module.address(), "module " + name));
        }
      }
      entry = scene.readLong(entry);
    }
    throw new NoPlaceException("no module of the list is one that the signature knows");
  }

  private static String name(Scene scene, long module) {
    byte[] bytes = scene.read(module + NAME_AT, NAME_BYTES);
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.US_ASCII);
  }

  private static List<Expected> writable(Scene scene) {
    long page = module(scene).address();
    scene.tables().edit(page, entry -> entry | PageTables.WRITABLE);
    scene.tables().editTables(page, entry -> entry | PageTables.WRITABLE);
    return List.of(Expected.of(FindingType.UNEXPECTED_PAGE_MAPPING, page, scene.nameOf(page)));
  }
}
