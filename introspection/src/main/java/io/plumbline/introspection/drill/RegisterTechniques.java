package io.plumbline.introspection.drill;

import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.trust.FindingType;
import java.util.List;
import java.util.function.Function;

/** Protections of a processor that are switched off, and what is watched by it. */
final class RegisterTechniques {
  private static final String THEME = "registers";

  private static final long WRITE_PROTECT = 1L << 16;
  private static final long EXECUTION_PREVENTION = 1L << 20;
  private static final long ACCESS_PREVENTION = 1L << 21;
  private static final long NO_EXECUTE = 1L << 11;

  /** DR7 with breakpoint 0 on for instructions in all tasks, and the bit that is always set. */
  private static final long WATCH_FIRST = 0x402;

  private RegisterTechniques() {}

  static List<Technique> all() {
    return List.of(
        made(
            "write-protection-off",
            "CR0.WP of one vCPU is clear: ring 0 may write what is read-only",
            scene ->
                control(
                    scene,
                    "CR0.WP",
                    c ->
                        new ControlRegisters(
                            cleared(c.cr0(), WRITE_PROTECT), c.cr2(), c.cr3(), c.cr4()))),
        made(
            "smep-off",
            "CR4.SMEP of one vCPU is clear: ring 0 may run user pages",
            scene -> control(scene, "CR4.SMEP", c -> withoutCr4(c, EXECUTION_PREVENTION))),
        made(
            "smap-off",
            "CR4.SMAP of one vCPU is clear: ring 0 may read and write user pages",
            scene -> control(scene, "CR4.SMAP", c -> withoutCr4(c, ACCESS_PREVENTION))),
        made(
            "nx-off",
            "EFER.NXE of one vCPU is clear: every page may be run",
            RegisterTechniques::noExecute),
        made(
            "debug-register",
            "DR0 of one vCPU watches a function of the kernel",
            RegisterTechniques::watch));
  }

  private static Technique made(String name, String how, MadeTechnique.Making make) {
    return new MadeTechnique(name, THEME, how, make);
  }

  private static long cleared(long register, long bit) {
    if ((register & bit) == 0) {
      throw new NoPlaceException("the protection is off in this guest");
    }
    return register & ~bit;
  }

  private static ControlRegisters withoutCr4(ControlRegisters c, long bit) {
    return new ControlRegisters(c.cr0(), c.cr2(), c.cr3(), cleared(c.cr4(), bit));
  }

  private static Expected told(String symbol, long address, VcpuState vcpu) {
    return Expected.of(FindingType.UNEXPECTED_CONTROL_REGISTER, address, symbol)
        .onVcpu(vcpu.index());
  }

  private static List<Expected> control(
      Scene scene, String symbol, Function<ControlRegisters, ControlRegisters> change) {
    VcpuState vcpu = scene.otherVcpu();
    ControlRegisters changed = change.apply(vcpu.control());
    scene.registers(vcpu.index(), state -> state.with(changed));
    return List.of(told(symbol, 0, vcpu));
  }

  private static List<Expected> noExecute(Scene scene) {
    VcpuState vcpu = scene.otherVcpu();
    ModelSpecificRegisters m =
        Scene.first(vcpu.msrs(), "the image holds no model-specific registers");
    ModelSpecificRegisters changed =
        new ModelSpecificRegisters(
            cleared(m.efer(), NO_EXECUTE),
            m.star(),
            m.lstar(),
            m.cstar(),
            m.fmask(),
            m.kernelGsBase(),
            m.sysenterCs(),
            m.sysenterEsp(),
            m.sysenterEip());
    scene.registers(vcpu.index(), state -> state.with(changed));
    return List.of(told("EFER.NXE", 0, vcpu));
  }

  private static List<Expected> watch(Scene scene) {
    VcpuState vcpu = scene.otherVcpu();
    DebugRegisters d = Scene.first(vcpu.debug(), "the image holds no debug registers");
    long function = scene.code().required("do_syscall_64");
    scene.registers(
        vcpu.index(),
        state ->
            state.with(
                new DebugRegisters(
                    function, d.dr1(), d.dr2(), d.dr3(), d.dr6(), d.dr7() | WATCH_FIRST)));
    return List.of(told("DR0", function, vcpu));
  }
}
