package io.plumbline.introspection.roots;

import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Translation;
import io.plumbline.introspection.roots.HardwareRoot.Kind;
import io.plumbline.introspection.roots.MissingRoot.Reason;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads the roots of one vCPU. Which registers are live follows from the mode: SYSCALL needs
 * EFER.SCE (Intel SDM volume 2B, SYSCALL), SYSENTER a non-null IA32_SYSENTER_CS (SYSENTER), and
 * with CR4.FRED set all events go where IA32_FRED_CONFIG says and the IDT is not used.
 */
public final class RootReader {
  private static final int VECTORS = 256;
  private static final long LOW_32 = 0xffff_ffffL;

  private final VcpuState vcpu;
  private final AddressSpace space;
  private final boolean longMode;
  private final boolean eventsByFred;
  private final DescriptorTables tables;
  private final List<HardwareRoot> roots = new ArrayList<>();
  private final List<HardwareRoot> inert = new ArrayList<>();
  private final List<IdtGate> gates = new ArrayList<>();
  private final List<MissingRoot> missing = new ArrayList<>();
  private final Set<FrameNumber> consulted = new LinkedHashSet<>();

  private RootReader(VcpuState vcpu, AddressSpace space) {
    this.vcpu = vcpu;
    this.space = space;
    this.longMode = vcpu.longMode();
    this.eventsByFred = longMode && vcpu.control().flexibleReturnAndEventDelivery();
    this.tables = DescriptorTables.read(vcpu, space);
  }

  /** The roots that {@code vcpu} names, its tables read through {@code space}. */
  public static HardwareRoots read(VcpuState vcpu, AddressSpace space) {
    return new RootReader(vcpu, space).read();
  }

  private HardwareRoots read() {
    if (vcpu.control().protection()) {
      consulted.addAll(tables.frames());
      readIdt();
      if (eventsByFred) {
        miss(Kind.FRED, Reason.NOT_IN_IMAGE);
      } else {
        vcpu.msrs().ifPresentOrElse(this::readSystemCalls, this::missSystemCalls);
      }
    } else {
      miss(Kind.IDT_GATE, Reason.REAL_MODE);
    }
    return new HardwareRoots(roots, inert, gates, missing, tables.taskState(), consulted);
  }

  private void readIdt() {
    int gateBytes = longMode ? IdtGate.BYTES_64 : IdtGate.BYTES_32;
    long length = Math.min(vcpu.idtr().limit() + 1L, (long) VECTORS * gateBytes);
    LinearBytes idt = LinearBytes.read(space, vcpu.idtr().base(), length, longMode);
    consulted.addAll(idt.frames());
    // A gate that the limit cuts off is outside the table (section 6.10).
    for (int vector = 0; (vector + 1) * gateBytes <= idt.length(); vector++) {
      Optional<Reason> why = idt.whyMissing(vector * gateBytes, gateBytes);
      if (why.isEmpty()) {
        readGate(idt, vector, vector * gateBytes);
      } else if (!eventsByFred) {
        missing.add(new MissingRoot(Kind.IDT_GATE, vcpu.index(), vector, why.get()));
      }
    }
  }

  private void readGate(LinearBytes idt, int vector, int offset) {
    long low = idt.longAt(offset);
    int high = longMode ? idt.intAt(offset + Long.BYTES) : 0;
    if (low == 0 && high == 0) {
      return;
    }
    IdtGate gate = IdtGate.decode(vector, low, high, longMode);
    gates.add(gate);
    if (eventsByFred || !gate.present()) {
      return;
    }
    if (gate.kind(longMode) == IdtGate.Kind.TASK) {
      switchTask(gate);
    } else if (gate.live(longMode)) {
      enterThrough(gate);
    }
  }

  /**
   * A task gate enters where the CS and EIP of its TSS say, on the page tables of the TSS (section
   * 8.2.1). 32-bit Linux takes #DF so, for a stack that is certainly good.
   */
  private void switchTask(IdtGate gate) {
    OptionalLong entry = OptionalLong.empty();
    OptionalLong taskBase = tables.taskBase(gate.selector());
    if (taskBase.isPresent()) {
      GuestVirtualAddress base = new GuestVirtualAddress(taskBase.getAsLong());
      LinearBytes tss = LinearBytes.read(space, base, TaskState.BYTES, false);
      consulted.addAll(tss.frames());
      entry = taskEntry(tss);
    }
    if (entry.isEmpty()) {
      missing.add(new MissingRoot(Kind.IDT_GATE, vcpu.index(), gate.vector(), Reason.TASK_GATE));
    } else {
      enter(Kind.IDT_GATE, gate.vector(), entry.getAsLong());
    }
  }

  private OptionalLong taskEntry(LinearBytes tss) {
    if (!tss.has(0, TaskState.BYTES)) {
      return OptionalLong.empty();
    }
    OptionalLong code = tables.codeSegmentBase(tss.intAt(TaskState.CS_OFFSET_32) & 0xffff);
    if (code.isEmpty()) {
      return OptionalLong.empty();
    }
    long entry = code.getAsLong() + (tss.intAt(TaskState.EIP_OFFSET_32) & LOW_32) & LOW_32;
    long cr3 = tss.intAt(TaskState.CR3_OFFSET_32) & LOW_32;
    AddressSpace task = AddressSpace.of(vcpu, cr3, space.pages());
    boolean sameCode = task.translateToFrame(entry) == space.translateToFrame(entry);
    return sameCode ? OptionalLong.of(entry) : OptionalLong.empty();
  }

  private void enterThrough(IdtGate gate) {
    OptionalLong base = longMode ? OptionalLong.of(0) : tables.codeSegmentBase(gate.selector());
    if (base.isEmpty()) {
      missing.add(
          new MissingRoot(Kind.IDT_GATE, vcpu.index(), gate.vector(), Reason.NO_CODE_SEGMENT));
    } else {
      enter(Kind.IDT_GATE, gate.vector(), base.getAsLong() + gate.target().value());
    }
  }

  private void readSystemCalls(ModelSpecificRegisters msrs) {
    if (longMode && msrs.syscallEnabled()) {
      enter(Kind.LSTAR, HardwareRoot.NO_VECTOR, msrs.lstar());
      // Intel processors ignore CSTAR, and no image names the vendor.
      if (msrs.cstar() != 0) {
        enter(Kind.CSTAR, HardwareRoot.NO_VECTOR, msrs.cstar());
      }
    }
    if ((msrs.sysenterCs() & ~3 & 0xffff) != 0) {
      enter(Kind.SYSENTER, HardwareRoot.NO_VECTOR, msrs.sysenterEip());
    }
  }

  private void missSystemCalls() {
    if (longMode) {
      miss(Kind.LSTAR, Reason.NOT_IN_IMAGE);
      miss(Kind.CSTAR, Reason.NOT_IN_IMAGE);
    }
    miss(Kind.SYSENTER, Reason.NOT_IN_IMAGE);
  }

  private void enter(Kind kind, int vector, long address) {
    long target = longMode ? address : address & LOW_32;
    HardwareRoot root =
        new HardwareRoot(kind, vcpu.index(), vector, new GuestVirtualAddress(target));
    Translation translation = space.translate(root.target());
    if (translation instanceof Translation.Unreadable) {
      missing.add(new MissingRoot(kind, vcpu.index(), vector, Reason.UNREADABLE));
    } else if (translation instanceof Translation.Mapped mapped
        && space.supervisorMayExecute(mapped.rights())) {
      roots.add(root);
    } else {
      inert.add(root);
    }
  }

  private void miss(Kind kind, Reason reason) {
    missing.add(new MissingRoot(kind, vcpu.index(), HardwareRoot.NO_VECTOR, reason));
  }
}
