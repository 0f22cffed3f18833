package io.plumbline.introspection.drill;

import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Severity;
import io.plumbline.introspection.verify.SystemCallHandlers;
import io.plumbline.introspection.verify.patch.Bytes;
import java.util.List;
import java.util.function.BiFunction;

/** Ways to take over system calls. */
final class SystemCallTechniques {
  private static final String THEME = "system calls";

  /** The number of uname, {@code arch/x86/entry/syscalls/syscall_64.tbl} and {@code _32.tbl}. */
  private static final int UNAME_64 = 63;

  private static final int UNAME_32 = 122;

  private static final int NEAR_BRANCH = 5;

  private SystemCallTechniques() {}

  static List<Technique> all() {
    return List.of(
        made(
            "system-call-table",
            "an entry of sys_call_table leads to foreign code",
            scene -> table(scene, "sys_call_table", UNAME_64, "x64_sys_call")),
        made(
            "system-call-branch",
            "a branch of x64_sys_call to a system call's handler leads to foreign code",
            SystemCallTechniques::branch),
        made(
            "ia32-system-call-table",
            "an entry of ia32_sys_call_table leads to foreign code",
            scene -> table(scene, "ia32_sys_call_table", UNAME_32, "ia32_sys_call")),
        made(
            "lstar",
            "LSTAR of one vCPU leads to foreign code",
            scene -> register(scene, "LSTAR", SystemCallTechniques::withLstar)),
        made(
            "cstar",
            "CSTAR of one vCPU leads to foreign code",
            scene -> register(scene, "CSTAR", SystemCallTechniques::withCstar)),
        made(
            "sysenter",
            "SYSENTER_EIP of one vCPU leads to foreign code",
            scene -> register(scene, "SYSENTER", SystemCallTechniques::withSysenter)));
  }

  private static Technique made(String name, String how, MadeTechnique.Making make) {
    return new MadeTechnique(name, THEME, how, make);
  }

  /**
   * @param branches the function that dispatches instead of the table, in kernels that have one: no
   *     system call reads the table then
   */
  private static List<Expected> table(Scene scene, String name, int number, String branches) {
    long entry = scene.code().required(name) + (long) number * Long.BYTES;
    scene.writeLong(entry, scene.payload());
    boolean dead = scene.code().find(branches).isPresent();
    return List.of(
        Expected.of(FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER, entry, name + "[" + number + "]")
            .withSeverity(dead ? Severity.MEDIUM : Severity.CRITICAL));
  }

  private static List<Expected> branch(Scene scene) {
    long dispatcher = scene.code().required("x64_sys_call");
    KernelCode.Step branch =
        Scene.first(
            scene.code().steps(dispatcher).stream()
                .filter(step -> step.flow().direct() && step.length() >= NEAR_BRANCH)
                .filter(step -> SystemCallHandlers.isOne(scene.nameOf(step.target())))
                .findFirst(),
            "x64_sys_call has no branch to a system call's handler");
    byte[] bytes = scene.read(branch.address(), branch.length());
    Bytes.putInt(
        bytes, bytes.length - Integer.BYTES, Scene.distance(branch.end(), scene.payload()));
    return List.of(
        scene.changeCode(branch.address(), bytes, FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER));
  }

  private static List<Expected> register(
      Scene scene,
      String name,
      BiFunction<ModelSpecificRegisters, Long, ModelSpecificRegisters> with) {
    VcpuState vcpu = scene.otherVcpu();
    ModelSpecificRegisters msrs =
        Scene.first(vcpu.msrs(), "the image holds no model-specific registers");
    long payload = scene.payload();
    ModelSpecificRegisters changed = with.apply(msrs, payload);
    scene.registers(vcpu.index(), state -> state.with(changed));
    return List.of(
        Expected.of(FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER, payload, name)
            .onVcpu(vcpu.index()));
  }

  private static ModelSpecificRegisters withLstar(ModelSpecificRegisters m, long target) {
    return with(m, target, m.cstar(), m.sysenterEip());
  }

  private static ModelSpecificRegisters withCstar(ModelSpecificRegisters m, long target) {
    return with(m, m.lstar(), target, m.sysenterEip());
  }

  private static ModelSpecificRegisters withSysenter(ModelSpecificRegisters m, long target) {
    if ((m.sysenterCs() & 0xfffc) == 0) {
      throw new NoPlaceException("SYSENTER is not in use");
    }
    return with(m, m.lstar(), m.cstar(), target);
  }

  private static ModelSpecificRegisters with(
      ModelSpecificRegisters m, long lstar, long cstar, long sysenterEip) {
    return new ModelSpecificRegisters(
        m.efer(),
        m.star(),
        lstar,
        cstar,
        m.fmask(),
        m.kernelGsBase(),
        m.sysenterCs(),
        m.sysenterEsp(),
        sysenterEip);
  }
}
