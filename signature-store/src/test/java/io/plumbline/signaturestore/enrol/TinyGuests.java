package io.plumbline.signaturestore.enrol;

import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.SymbolTable;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticKernel;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Synthetic guests enrolled and judged; no clock, no disassembly. */
final class TinyGuests {
  static final String VM = "tiny";

  private TinyGuests() {}

  static Guest guest(SyntheticGuestBuilder builder) {
    SyntheticGuest built = builder.build();
    return new Guest(VM, built.pages(), List.of(built.vcpu()));
  }

  static Guest guest(SyntheticKernel kernel) {
    return guest(kernel.guest(kernel.usualBase()));
  }

  /** A guest whose second vCPU has SYSCALL lead to {@code lstar}. */
  static Guest twoVcpus(SyntheticGuestBuilder builder, long lstar) {
    Guest first = guest(builder);
    VcpuState second = builder.vcpu(1).lstar(lstar).build().vcpu();
    return new Guest(VM, first.memory(), List.of(first.vcpus().get(0), second));
  }

  static EnrolledSignature enrol(Guest... guests) throws EnrolmentException {
    return enrol("tiny-1", guests);
  }

  static EnrolledSignature enrol(String name, Guest... guests) throws EnrolmentException {
    Enrolment enrolment = new Enrolment(ExplorationBudget.STANDARD);
    for (Guest guest : guests) {
      enrolment.learn(name, guest.memory(), guest.vcpus());
    }
    return enrolment.finish(id(name), new BuildName("Tiny", name, ""), SymbolTable.NONE);
  }

  static Verdict judge(Guest guest, EnrolledSignature... book) {
    return judge(OptionalInt.empty(), guest, book);
  }

  static Verdict judge(OptionalInt vector, Guest guest, EnrolledSignature... book) {
    JudgeSettings settings = new JudgeSettings(ExplorationBudget.STANDARD, vector, false);
    return new KernelJudge(settings, () -> 0).judge(guest, () -> List.of(book));
  }

  /** The same registers without what an ELF core does not carry. */
  static VcpuState with(VcpuState vcpu, Optional<ModelSpecificRegisters> msrs) {
    return new VcpuState(
        vcpu.index(),
        vcpu.control(),
        vcpu.general(),
        vcpu.es(),
        vcpu.cs(),
        vcpu.ss(),
        vcpu.ds(),
        vcpu.fs(),
        vcpu.gs(),
        vcpu.ldt(),
        vcpu.tr(),
        vcpu.gdtr(),
        vcpu.idtr(),
        msrs,
        vcpu.debug());
  }

  private static SignatureId id(String name) {
    return new SignatureId("sha256:" + String.format("%064x", Math.abs((long) name.hashCode())));
  }
}
