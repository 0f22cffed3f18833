package io.plumbline.introspection.drill;

import io.plumbline.introspection.golden.image.PatchSites.JumpLabel;
import io.plumbline.introspection.golden.image.PatchSites.ParavirtSite;
import io.plumbline.introspection.golden.image.PatchSites.StaticCall;
import io.plumbline.introspection.trust.FindingType;
import java.util.List;

/** Ways to hide in calls and branches that the kernel patches by itself. */
final class PatchedCallTechniques {
  private static final String THEME = "patched calls";

  private static final byte CALL = (byte) 0xe8;
  private static final byte JUMP = (byte) 0xe9;
  private static final byte JUMP_SHORT = (byte) 0xeb;
  private static final int BRANCH_BYTES = 5;
  private static final String TRAMPOLINE = "__SCT__";
  private static final String KEY = "__SCK__";
  private static final String OPERATIONS = "pv_ops";

  private PatchedCallTechniques() {}

  static List<Technique> all() {
    return List.of(
        made(
            "static-call-trampoline",
            "the trampoline of a static call leads to foreign code",
            PatchedCallTechniques::trampoline),
        made(
            "static-call-site",
            "a patched call of a static call leads to foreign code",
            PatchedCallTechniques::site),
        made(
            "static-call-key",
            "the key of a static call, which its calls are patched to, names foreign code",
            PatchedCallTechniques::key),
        made(
            "jump-label",
            "the branch of a static key leads to foreign code",
            PatchedCallTechniques::jumpLabel),
        made(
            "paravirt-call",
            "a patched call of a paravirtual operation leads to foreign code",
            PatchedCallTechniques::paravirtCall),
        made(
            "paravirt-operation",
            "a paravirtual operation in pv_ops is foreign code",
            PatchedCallTechniques::paravirtOperation));
  }

  private static Technique made(String name, String how, MadeTechnique.Making make) {
    return new MadeTechnique(name, THEME, how, make);
  }

  /** Whether five bytes of the text are a call or a jump. */
  private static boolean isBranch(Scene scene, long place) {
    byte opcode = scene.code().bytes(place, BRANCH_BYTES)[0];
    return opcode == CALL || opcode == JUMP;
  }

  private static List<Expected> redirect(Scene scene, long branch) {
    byte opcode = scene.code().bytes(branch, BRANCH_BYTES)[0];
    return List.of(scene.changeCode(branch, Scene.branch(opcode, branch, scene.payload())));
  }

  private static List<Expected> trampoline(Scene scene) {
    List<String> names = scene.layout().names().symbols().names();
    for (String name : names) {
      if (name.startsWith(TRAMPOLINE)) {
        long place = scene.code().required(name);
        String key = KEY + name.substring(TRAMPOLINE.length());
        if (scene.placed().contains(place)
            && isBranch(scene, place)
            && scene.code().find(key).isPresent()) {
          return redirect(scene, place);
        }
      }
    }
    throw new NoPlaceException("no static call has a trampoline that leads somewhere");
  }

  private static List<Expected> site(Scene scene) {
    for (StaticCall call : scene.layout().sites().staticCalls()) {
      long place = scene.placed().addressOf(call.site());
      if (scene.layout().holdsText(call.site()) && !call.init() && isBranch(scene, place)) {
        return redirect(scene, place);
      }
    }
    throw new NoPlaceException("no static call has a patched call");
  }

  private static List<Expected> key(Scene scene) {
    for (StaticCall call : scene.layout().sites().staticCalls()) {
      long key = scene.placed().addressOf(call.key());
      if (scene.layout().holdsText(call.site()) && isAsLinked(scene, call.key())) {
        return pointer(scene, key);
      }
    }
    throw new NoPlaceException("no static call goes where the image has it go");
  }

  /** Whether the guest's pointer names the function that the image has there. */
  private static boolean isAsLinked(Scene scene, long offset) {
    long linked = scene.layout().imageLong(offset);
    return linked != 0
        && scene.code().isFunction(linked + scene.placed().slide())
        && scene.readLong(scene.placed().addressOf(offset)) == linked + scene.placed().slide();
  }

  private static List<Expected> pointer(Scene scene, long slot) {
    scene.writeLong(slot, scene.payload());
    return List.of(
        Expected.of(FindingType.UNEXPECTED_CONTROL_FLOW_TARGET, slot, scene.nameOf(slot)));
  }

  private static List<Expected> jumpLabel(Scene scene) {
    for (JumpLabel label : scene.layout().sites().jumpLabels()) {
      long place = scene.placed().addressOf(label.code());
      boolean inText = scene.layout().holdsText(label.code());
      if (inText && scene.code().isOnly("jump label", place, BRANCH_BYTES)) {
        byte opcode = scene.code().bytes(place, BRANCH_BYTES)[0];
        if (opcode != JUMP && opcode != JUMP_SHORT) {
          return List.of(scene.changeCode(place, Scene.jump(place, scene.payload())));
        }
      }
    }
    throw new NoPlaceException("no static key has a branch of five bytes that is off");
  }

  private static List<Expected> paravirtCall(Scene scene) {
    for (ParavirtSite site : scene.layout().sites().paravirt()) {
      long place = scene.placed().addressOf(site.site());
      boolean inText = scene.layout().holdsText(site.site());
      if (inText && site.length() >= BRANCH_BYTES && isBranch(scene, place)) {
        return redirect(scene, place);
      }
    }
    throw new NoPlaceException("this kernel patches no paravirtual calls");
  }

  private static List<Expected> paravirtOperation(Scene scene) {
    long operations = scene.code().required(OPERATIONS);
    long end = scene.code().next(operations);
    for (ParavirtSite site : scene.layout().sites().paravirt()) {
      long slot = operations + (long) site.operation() * Long.BYTES;
      if (isAsLinked(scene, scene.placed().offsetOf(slot))) {
        return pointer(scene, slot);
      }
    }
    for (long slot = operations; slot < end; slot += Long.BYTES) {
      if (isAsLinked(scene, scene.placed().offsetOf(slot))) {
        return pointer(scene, slot);
      }
    }
    throw new NoPlaceException("no paravirtual operation is what the image has");
  }
}
