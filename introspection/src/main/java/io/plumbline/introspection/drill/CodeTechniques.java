package io.plumbline.introspection.drill;

import io.plumbline.introspection.code.ControlFlow;
import io.plumbline.introspection.golden.image.PatchSites.Alternative;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.ReturnMode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Ways to change the kernel's text. */
final class CodeTechniques {
  private static final String THEME = "code";

  private static final int CALL_BYTES = 5;
  private static final byte CALL = (byte) 0xe8;

  /** xor eax, eax; ret: fits between functions. */
  private static final byte[] HOOK = HexFormat.of().parseHex("31c0c3");

  private static final String ALTERNATIVE = "alternative";

  /** Since 6.2 every direct call may be moved, where calls are counted. */
  private static final String COUNTED_CALL = "counted call";

  private static final int LEAST_FILLER = 8;
  private static final int LEAST_BLANK = 16;
  private static final int MOST_FUNCTIONS = 4096;

  /** One that so many sites depend on is a fact of the boot that one site cannot change. */
  private static final int MANY_SITES = 16;

  /** What attackers like to be asked about. */
  private static final String[] FUNCTIONS = {
    "do_unlinkat", "vfs_rename", "do_sys_openat2", "vfs_getattr", "kill_pid_info"
  };

  private CodeTechniques() {}

  static List<Technique> all() {
    return List.of(
        made(
            "inline-jump",
            "a function begins with a jump to foreign code",
            CodeTechniques::jumpAtStart),
        made(
            "inline-call",
            "a call in the middle of a function leads to foreign code",
            CodeTechniques::callInMiddle),
        made(
            "padding-code",
            "code lies in the filler between two functions",
            CodeTechniques::padding),
        made(
            "blank-tail-code", "code lies in the blank end of the text", CodeTechniques::blankTail),
        made(
            "alternative-of-another-processor",
            "an alternative is what the file has, which is legal on another processor",
            CodeTechniques::alternative),
        made(
            "return-thunk",
            "the thunk that functions return through begins with a jump to foreign code",
            CodeTechniques::returnThunk),
        made(
            "retpoline-thunk",
            "a thunk of indirect calls begins with a jump to foreign code",
            CodeTechniques::retpolineThunk));
  }

  private static Technique made(String name, String how, MadeTechnique.Making make) {
    return new MadeTechnique(name, THEME, how, make);
  }

  private static List<Expected> jumpTo(Scene scene, long place) {
    return List.of(scene.changeCode(place, Scene.jump(place, scene.payload())));
  }

  private static List<Expected> jumpAtStart(Scene scene) {
    return jumpTo(scene, scene.code().required("do_syscall_64"));
  }

  private static List<Expected> callInMiddle(Scene scene) {
    KernelCode code = scene.code();
    KernelCode.Step call =
        Scene.first(
            code.functions(FUNCTIONS).stream()
                .flatMap(function -> code.steps(function).stream())
                .filter(step -> step.flow() == ControlFlow.CALL && step.length() == CALL_BYTES)
                .filter(
                    step ->
                        code.isPlain(step.address(), CALL_BYTES)
                            || code.isOnly(COUNTED_CALL, step.address(), CALL_BYTES))
                .findFirst(),
            "none of some functions calls another");
    return List.of(
        scene.changeCode(call.address(), Scene.branch(CALL, call.address(), scene.payload())));
  }

  private static List<Expected> padding(Scene scene) {
    KernelCode code = scene.code();
    long function = code.required(FUNCTIONS[0]);
    for (int tried = 0; tried < MOST_FUNCTIONS; tried++) {
      List<KernelCode.Step> steps = code.steps(function);
      int first = steps.size();
      while (first > 0 && steps.get(first - 1).filler()) {
        first--;
      }
      if (first > 0 && first < steps.size()) {
        long start = steps.get(first).address();
        boolean ends = !steps.get(first - 1).flow().fallsThrough();
        boolean fits = code.next(function) - start >= LEAST_FILLER;
        if (ends && fits && code.isPlain(start, HOOK.length)) {
          return List.of(scene.changeCode(start, HOOK));
        }
      }
      function = code.next(function);
    }
    throw new NoPlaceException("no filler between functions has room");
  }

  private static List<Expected> blankTail(Scene scene) {
    ImageLayout layout = scene.layout();
    byte[] code = scene.subject().code();
    int end = layout.textBytes();
    int start = end;
    byte blank = code[end - 1];
    while (start > end - PageBytes.SIZE && code[start - 1] == blank) {
      start--;
    }
    if (end - start < LEAST_BLANK || (blank != 0 && blank != (byte) 0xcc)) {
      throw new NoPlaceException("the text's last page is not blank at its end");
    }
    int aligned = end - (end - start) / LEAST_BLANK * LEAST_BLANK;
    return List.of(scene.changeCode(scene.placed().addressOf(aligned), HOOK));
  }

  private static List<Expected> alternative(Scene scene) {
    ImageLayout layout = scene.layout();
    List<Alternative> all = layout.sites().alternatives();
    Map<Integer, Integer> uses = new HashMap<>();
    all.forEach(each -> uses.merge(each.feature(), 1, Integer::sum));
    byte[] file = new byte[layout.bytes()];
    layout.relocateInto(file, scene.placed().slide());
    for (Alternative each : all) {
      long site = scene.placed().addressOf(each.site());
      int length = each.siteLength();
      if (length > 0
          && layout.holdsText(each.site())
          && uses.get(each.feature()) >= MANY_SITES
          && scene.code().isOnly(ALTERNATIVE, site, length)) {
        int place = layout.placeOf(each.site());
        byte[] original = Arrays.copyOfRange(file, place, place + length);
        if (!Arrays.equals(original, scene.code().bytes(site, length))) {
          return List.of(scene.changeCode(site, original));
        }
      }
    }
    throw new NoPlaceException("this boot replaced no alternative of a common feature");
  }

  private static List<Expected> returnThunk(Scene scene) {
    ReturnMode mode = scene.subject().seen().facts().returns();
    long thunk =
        mode.kind() == ReturnMode.Kind.PLAIN
            ? scene.code().required("__x86_return_thunk")
            : scene.placed().addressOf(mode.thunk());
    return jumpTo(scene, thunk);
  }

  private static List<Expected> retpolineThunk(Scene scene) {
    return jumpTo(scene, scene.code().required("__x86_indirect_thunk_rax"));
  }
}
