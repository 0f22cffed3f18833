package io.plumbline.introspection.drill;

import io.plumbline.introspection.code.ControlFlow;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.verify.dynamic.TracerTrampolines;
import io.plumbline.introspection.verify.patch.Bytes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Ways to use the kernel's own tracing, and to look like it. */
final class TracingTechniques {
  private static final String THEME = "tracing";

  private static final int CALL_BYTES = 5;
  private static final byte CALL = (byte) 0xe8;
  private static final byte INT3 = (byte) 0xcc;
  private static final byte[] BREAKPOINT = {INT3};

  /** Functions whose calls are told one by one. */
  private static final int MOST_TRACED = 64;

  /** Where a function's first instructions may begin with ENDBR. */
  private static final int ENTRY_BYTES = 16;

  // kernel/kprobes.c, kprobe_table, and struct kprobe of include/linux/kprobes.h.
  private static final int BUCKETS = 64;
  private static final int MOST_PROBES = 1024;
  private static final int PLACE_AT = 40;
  private static final int PRE_HANDLER_AT = 64;

  private static final String[] FUNCTIONS = {"do_unlinkat", "vfs_rename", "vfs_getattr"};

  private TracingTechniques() {}

  static List<Technique> all() {
    return List.of(
        made(
            "ftrace-site",
            "the call to the tracer at a function's entry leads to foreign code",
            TracingTechniques::tracerSite),
        made(
            "ftrace-ops",
            "an ftrace_ops in use, and its copy of the tracer, call foreign code",
            TracingTechniques::tracerOps),
        made(
            "kprobe-without-owner",
            "INT3 in a function's middle, of which the table of kprobes knows nothing",
            TracingTechniques::breakpoint),
        made(
            "kprobe-with-owner",
            "nothing is changed: the owner's own kprobe has to be told with its owner",
            scene -> List.of(hook(FindingType.HOOK_WITH_OWNER, scene, probe(scene)))),
        made(
            "kprobe-handler",
            "the handler of an owner's kprobe is replaced by foreign code",
            TracingTechniques::probeHandler),
        made(
            "optimised-kprobe-without-owner",
            "a jump in a function's middle leads to a detour of no registered kprobe",
            TracingTechniques::detour));
  }

  private static Technique made(String name, String how, MadeTechnique.Making make) {
    return new MadeTechnique(name, THEME, how, make);
  }

  private static List<Expected> tracerSite(Scene scene) {
    Set<Long> sites = new HashSet<>();
    for (int site : scene.layout().sites().functionTraces()) {
      sites.add(scene.placed().addressOf(site));
    }
    for (long function : scene.code().functions(FUNCTIONS)) {
      for (long site = function; site < function + ENTRY_BYTES; site++) {
        if (sites.contains(site) && scene.read(site, 1)[0] != CALL) {
          return List.of(
              scene.changeCode(
                  site,
                  Scene.branch(CALL, site, scene.payload()),
                  FindingType.UNEXPECTED_FTRACE_HANDLER));
        }
      }
    }
    throw new NoPlaceException("none of some functions can be traced");
  }

  private static List<Expected> tracerOps(Scene scene) {
    for (TracerTrampolines.Trampoline copy : scene.subject().seen().trampolines()) {
      List<Long> callers = callersOf(scene, copy.address());
      if (!callers.isEmpty() && callers.size() <= MOST_TRACED) {
        long payload = scene.payload();
        scene.writeLong(copy.ops(), payload);
        redirectCalls(scene, copy.address(), copy.function(), payload);
        List<Expected> expected = new ArrayList<>();
        for (long site : callers) {
          expected.add(
              Expected.of(FindingType.UNEXPECTED_FTRACE_HANDLER, site, scene.nameOf(site)));
        }
        expected.add(scene.foreignPage(copy.address()));
        return expected;
      }
    }
    throw new NoPlaceException("no tracer has a copy of its own that few functions call");
  }

  /** Sites of the kernel's text that call a copy of the tracer. */
  private static List<Long> callersOf(Scene scene, long tracer) {
    List<Long> callers = new ArrayList<>();
    for (int offset : scene.layout().sites().functionTraces()) {
      if (scene.layout().holdsText(offset)) {
        long site = scene.placed().addressOf(offset);
        byte[] bytes = scene.code().bytes(site, CALL_BYTES);
        if (bytes[0] == CALL && site + CALL_BYTES + Bytes.intAt(bytes, 1) == tracer) {
          callers.add(site);
        }
      }
    }
    return callers;
  }

  private static void redirectCalls(Scene scene, long page, long from, long to) {
    byte[] bytes = scene.read(page, PageBytes.SIZE);
    for (int at = 0; at + CALL_BYTES <= bytes.length; at++) {
      long end = page + at + CALL_BYTES;
      if (bytes[at] == CALL && end + Bytes.intAt(bytes, at + 1) == from) {
        scene.write(page + at, Scene.branch(CALL, page + at, to));
      }
    }
  }

  /** An instruction of at least five bytes behind a function's first ones. */
  private static long middle(Scene scene) {
    return Scene.first(
        scene.code().functions(FUNCTIONS).stream()
            .flatMap(function -> scene.code().steps(function).stream().skip(4))
            .filter(step -> step.length() >= CALL_BYTES && step.flow() == ControlFlow.NEXT)
            .filter(step -> scene.code().isPlain(step.address(), step.length()))
            .map(KernelCode.Step::address)
            .findFirst(),
        "none of some functions has an instruction of five bytes");
  }

  private static List<Expected> breakpoint(Scene scene) {
    return List.of(scene.changeCode(middle(scene), BREAKPOINT));
  }

  /** The first registered kprobe that is armed by INT3 in the kernel's text: its struct kprobe. */
  private static long probe(Scene scene) {
    long table = scene.code().required("kprobe_table");
    int followed = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      long probe = scene.readLong(table + (long) bucket * Long.BYTES);
      while (probe != 0 && followed++ < MOST_PROBES) {
        long place = scene.readLong(probe + PLACE_AT);
        if (scene.placed().contains(place) && scene.read(place, 1)[0] == INT3) {
          return probe;
        }
        probe = scene.readLong(probe);
      }
    }
    throw new NoPlaceException("the guest has no kprobe that is armed by INT3 in the kernel");
  }

  private static Expected hook(FindingType type, Scene scene, long probe) {
    long place = scene.readLong(probe + PLACE_AT);
    return Expected.of(type, place, scene.nameOf(place));
  }

  private static List<Expected> probeHandler(Scene scene) {
    long probe = probe(scene);
    scene.writeLong(probe + PRE_HANDLER_AT, scene.payload());
    return List.of(hook(FindingType.UNEXPECTED_KPROBE_HANDLER, scene, probe));
  }

  private static List<Expected> detour(Scene scene) {
    long template = scene.code().required("optprobe_template_entry");
    long end = scene.code().required("optprobe_template_end");
    long place = middle(scene);
    long detour = scene.payload(scene.read(template, (int) (end - template)), 1);
    return List.of(scene.changeCode(place, Scene.jump(place, detour)));
  }
}
