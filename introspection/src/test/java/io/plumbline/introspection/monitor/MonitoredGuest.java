package io.plumbline.introspection.monitor;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.Verdict;
import io.plumbline.introspection.verify.patch.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A guest that runs the synthetic kernel, with registers and words of its memory changed one by
 * one, and what a judge says of it.
 */
record MonitoredGuest(
    SyntheticImage image, PageSource memory, List<VcpuState> vcpus, ModuleBook modules) {
  /** Linear addresses of its descriptor tables. */
  static final long IDT = 0xfffffe0000000000L;

  static final long GDT = IDT + 0x1000;
  static final long TSS = IDT + 0x3000;

  /** A page of the kernel's data that nothing uses. */
  static final long SPARE = 0xffffc90000000000L;

  static final long SPARE_FRAME = 0x7000;

  static MonitoredGuest of(SyntheticImage image, SyntheticGuestBuilder builder) {
    SyntheticGuest guest = image.guest(builder.map(SPARE, SPARE_FRAME, 1, Rights.KERNEL_DATA));
    return new MonitoredGuest(image, guest.pages(), List.of(guest.vcpu()), ModuleBook.NONE);
  }

  static MonitoredGuest clean() {
    return of(SyntheticImage.classic(), SyntheticGuest.longMode());
  }

  /** Judged by a signature that has the build's modules. */
  MonitoredGuest knowing(ModuleBook book) {
    return new MonitoredGuest(image, memory, vcpus, book);
  }

  Verdict verdict() {
    PackageSignature signature =
        new PackageSignature(
            new SignatureId("sha256:" + "4".repeat(64)), image.image(), new long[0], modules);
    return new KernelJudge(JudgeSettings.STANDARD, () -> 0)
        .judge(new Guest("vm", memory, vcpus), () -> List.of(signature));
  }

  /** With a 64-bit word at a mapped linear address changed; it lies in one page. */
  MonitoredGuest word(long address, LongUnaryOperator change) {
    VcpuState vcpu = vcpus.get(0);
    long frame = AddressSpace.of(vcpu, memory).translateToFrame(address);
    int offset = (int) address & PageBytes.SIZE - 1;
    PageSource changed =
        asked -> {
          Optional<PageBytes> page = memory.read(asked);
          if (asked.value() != frame) {
            return page;
          }
          byte[] bytes = page.orElseThrow().toByteArray();
          Bytes.putLong(bytes, offset, change.applyAsLong(Bytes.longAt(bytes, offset)));
          return Optional.of(PageBytes.wrap(bytes));
        };
    return new MonitoredGuest(image, changed, vcpus, modules);
  }

  /** With a frame that cannot be read. */
  MonitoredGuest without(long address) {
    long frame = AddressSpace.of(vcpus.get(0), memory).translateToFrame(address);
    return new MonitoredGuest(
        image,
        asked -> asked.value() == frame ? Optional.empty() : memory.read(asked),
        vcpus,
        modules);
  }

  /** With one more vCPU, 1, that has the registers of the first. */
  MonitoredGuest twoVcpus() {
    VcpuState first = vcpus.get(0);
    VcpuState second = new Registers(first).index(1).state();
    return new MonitoredGuest(
        image, memory, Stream.concat(vcpus.stream(), Stream.of(second)).toList(), modules);
  }

  /** With the registers of the last vCPU changed. */
  MonitoredGuest with(UnaryOperator<Registers> change) {
    List<VcpuState> changed = new ArrayList<>(vcpus);
    VcpuState last = changed.remove(changed.size() - 1);
    changed.add(change.apply(new Registers(last)).state());
    return new MonitoredGuest(image, memory, List.copyOf(changed), modules);
  }

  /** The registers of one vCPU. */
  record Registers(VcpuState state) {
    Registers index(int index) {
      return with(index, state.control(), state.tr(), state.gdtr(), state.idtr(), state.msrs());
    }

    Registers cr0(LongUnaryOperator change) {
      ControlRegisters old = state.control();
      return control(
          new ControlRegisters(change.applyAsLong(old.cr0()), old.cr2(), old.cr3(), old.cr4()));
    }

    Registers cr4(LongUnaryOperator change) {
      ControlRegisters old = state.control();
      return control(
          new ControlRegisters(old.cr0(), old.cr2(), old.cr3(), change.applyAsLong(old.cr4())));
    }

    Registers msrs(LongUnaryOperator efer, LongUnaryOperator star, LongUnaryOperator fmask) {
      ModelSpecificRegisters old = state.msrs().orElseThrow();
      ModelSpecificRegisters changed =
          new ModelSpecificRegisters(
              efer.applyAsLong(old.efer()),
              star.applyAsLong(old.star()),
              old.lstar(),
              old.cstar(),
              fmask.applyAsLong(old.fmask()),
              old.kernelGsBase(),
              old.sysenterCs(),
              old.sysenterEsp(),
              old.sysenterEip());
      return with(
          state.index(),
          state.control(),
          state.tr(),
          state.gdtr(),
          state.idtr(),
          Optional.of(changed));
    }

    Registers idtr(long base, int limit) {
      return tables(state.tr(), state.gdtr(), table(base, limit));
    }

    Registers gdtr(long base, int limit) {
      return tables(state.tr(), table(base, limit), state.idtr());
    }

    Registers tr(long base) {
      Segment old = state.tr();
      Segment moved = new Segment(old.selector(), base, old.limit(), old.flags());
      return tables(moved, state.gdtr(), state.idtr());
    }

    Registers debug(long address, long dr7) {
      return new Registers(
          new VcpuState(
              state.index(),
              state.control(),
              state.general(),
              state.es(),
              state.cs(),
              state.ss(),
              state.ds(),
              state.fs(),
              state.gs(),
              state.ldt(),
              state.tr(),
              state.gdtr(),
              state.idtr(),
              state.msrs(),
              Optional.of(new DebugRegisters(address, 0, 0, 0, 0xffff0ff0L, dr7))));
    }

    private static DescriptorTable table(long base, int limit) {
      return new DescriptorTable(new GuestVirtualAddress(base), limit);
    }

    private Registers control(ControlRegisters control) {
      return with(state.index(), control, state.tr(), state.gdtr(), state.idtr(), state.msrs());
    }

    private Registers tables(Segment tr, DescriptorTable gdtr, DescriptorTable idtr) {
      return with(state.index(), state.control(), tr, gdtr, idtr, state.msrs());
    }

    private Registers with(
        int index,
        ControlRegisters control,
        Segment tr,
        DescriptorTable gdtr,
        DescriptorTable idtr,
        Optional<ModelSpecificRegisters> msrs) {
      return new Registers(
          new VcpuState(
              index,
              control,
              state.general(),
              state.es(),
              state.cs(),
              state.ss(),
              state.ds(),
              state.fs(),
              state.gs(),
              state.ldt(),
              tr,
              gdtr,
              idtr,
              msrs,
              state.debug()));
    }
  }
}
