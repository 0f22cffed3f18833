package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.SystemCallHandlers;
import io.plumbline.introspection.verify.dynamic.DynamicCode;
import io.plumbline.introspection.verify.dynamic.TracerTrampolines.Trampoline;
import io.plumbline.introspection.verify.image.Deviation;
import io.plumbline.introspection.verify.image.EntryNames;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.RemappedPage;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.DataFault;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Puts what byte-exact verification says of a guest into findings, and judges its roots. */
final class ImageExamination {
  private static final HexFormat SPACED = HexFormat.ofDelimiter(" ");
  private static final int SHOWN = 15;
  private static final byte CALL = (byte) 0xe8;
  private static final byte JUMP = (byte) 0xe9;
  private static final int BRANCH_BYTES = 5;
  private static final String TRACE_SITE = "function trace";
  private static final Set<String> CALL_TABLES =
      Set.of("sys_call_table", "ia32_sys_call_table", "x32_sys_call_table");

  private final Guest guest;
  private final GuestKernel kernel;
  private final ImageLayout layout;
  private final ImageVerification seen;
  private final Map<String, Finding> findings = new LinkedHashMap<>();

  private ImageExamination(
      Guest guest, GuestKernel kernel, ImageLayout layout, ImageVerification seen) {
    this.guest = guest;
    this.kernel = kernel;
    this.layout = layout;
    this.seen = seen;
  }

  /** Everything that is not as it should be, roots first. */
  static List<Finding> of(
      Guest guest, GuestKernel kernel, ImageLayout layout, ImageVerification seen) {
    ImageExamination examination = new ImageExamination(guest, kernel, layout, seen);
    kernel.roots().forEach(examination::root);
    seen.deviations().forEach(examination::deviation);
    seen.faults().forEach(examination::fault);
    seen.remapped().forEach(examination::remapped);
    seen.elsewhere().forEach(examination::elsewhere);
    seen.traced().forEach(examination::traced);
    if (seen.unreadableBytes() > 0) {
      examination.unreadable();
    }
    return List.copyOf(examination.findings.values());
  }

  private long offsetOf(long address) {
    return address - layout.base() - seen.slide();
  }

  private String place(long address) {
    long offset = offsetOf(address);
    String hex = String.format("0x%016x", address);
    return offset >= 0 && offset < layout.textBytes()
        ? hex + " " + layout.names().nameOf(offset)
        : hex;
  }

  private String owner(long address) {
    long offset = offsetOf(address);
    return offset >= 0 && offset < layout.textBytes() ? "kernel" : "unknown";
  }

  private void add(
      FindingType type,
      int vcpu,
      long address,
      String symbol,
      String owner,
      String expected,
      String actual,
      List<String> path,
      String place) {
    String uid = Finding.uid(guest.vmId(), type, place);
    GuestVirtualAddress at = new GuestVirtualAddress(address);
    long frame = kernel.space().translateToFrame(address);
    findings.putIfAbsent(
        uid,
        new Finding(
            type,
            type.violation() ? Severity.CRITICAL : Severity.MEDIUM,
            vcpu,
            at,
            symbol,
            owner,
            expected,
            actual,
            path,
            frame < 0
                ? Optional.empty()
                : Optional.of(new io.plumbline.introspection.memory.FrameNumber(frame)),
            uid));
  }

  private void root(HardwareRoot root) {
    long target = root.target().value();
    if (EntryNames.isLegal(root, offsetOf(target), layout.names())) {
      return;
    }
    String name = Evidence.nameOf(root);
    boolean gate = root.kind() == HardwareRoot.Kind.IDT_GATE;
    add(
        gate
            ? FindingType.UNEXPECTED_INTERRUPT_HANDLER
            : FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER,
        root.vcpu(),
        gate ? RootPlaces.gateAddress(guest, kernel, root) : target,
        name,
        owner(target),
        EntryNames.expected(root),
        place(target),
        List.of(name, place(target)),
        name + "#" + (gate ? RootPlaces.firstWithIdtOf(guest, root.vcpu()) : root.vcpu()));
  }

  private void deviation(Deviation deviation) {
    List<String> path = new ArrayList<>();
    path.add(deviation.rule());
    path.add(deviation.symbol());
    add(
        typeOf(deviation),
        kernel.vcpu().index(),
        deviation.address(),
        deviation.symbol(),
        "kernel",
        words(deviation, deviation.expected()),
        words(deviation, deviation.actual()),
        path,
        "image+" + deviation.offset());
  }

  private String words(Deviation deviation, byte[] bytes) {
    String hex = SPACED.formatHex(bytes, 0, Math.min(bytes.length, SHOWN));
    boolean branch =
        bytes.length >= BRANCH_BYTES
            && deviation.region() == Deviation.Region.TEXT
            && (bytes[0] == CALL || bytes[0] == JUMP);
    return branch
        ? hex + "  -> " + place(deviation.address() + BRANCH_BYTES + Bytes.intAt(bytes, 1))
        : hex;
  }

  private FindingType typeOf(Deviation deviation) {
    return switch (deviation.region()) {
      case TEXT -> typeOfText(deviation);
      case READ_ONLY_DATA ->
          CALL_TABLES.contains(deviation.symbol().replaceAll("\\+.*", ""))
              ? FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER
              : FindingType.UNEXPECTED_READ_ONLY_DATA_MODIFICATION;
      case READ_ONLY_AFTER_INIT -> FindingType.UNEXPECTED_CONTROL_FLOW_TARGET;
    };
  }

  private FindingType typeOfText(Deviation deviation) {
    if (deviation.rule().equals(TRACE_SITE) && deviation.actual()[0] == CALL) {
      return FindingType.UNEXPECTED_FTRACE_HANDLER;
    }
    return leadsToSystemCall(deviation)
        ? FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER
        : FindingType.UNEXPECTED_CODE_MODIFICATION;
  }

  /** Whether the changed bytes are the distance of a branch to a system call's handler. */
  private boolean leadsToSystemCall(Deviation deviation) {
    byte[] golden = layout.golden();
    int at = deviation.offset();
    for (int opcode = Math.max(0, at - BRANCH_BYTES + 1); opcode <= at; opcode++) {
      if (golden[opcode] == CALL || golden[opcode] == JUMP) {
        long target = opcode + (long) BRANCH_BYTES + Bytes.intAt(golden, opcode + 1);
        if (layout.names().isEntry(target)
            && SystemCallHandlers.isOne(layout.names().nameOf(target))) {
          return true;
        }
      }
    }
    return false;
  }

  private void fault(DataFault fault) {
    add(
        FindingType.UNEXPECTED_CONTROL_FLOW_TARGET,
        kernel.vcpu().index(),
        fault.address(),
        fault.symbol(),
        owner(fault.actual()),
        fault.expected() == 0 ? "a trusted function" : place(fault.expected()),
        place(fault.actual()),
        List.of(fault.what(), fault.symbol()),
        "data+" + offsetOf(fault.address()) + ":" + fault.what());
  }

  private void remapped(RemappedPage page) {
    add(
        FindingType.UNEXPECTED_PAGE_MAPPING,
        kernel.vcpu().index(),
        page.address(),
        layout.names().nameOf(offsetOf(page.address())),
        "kernel",
        String.format("frame 0x%x, where the rest of the image lies", page.expectedFrame()),
        String.format(
            "frame 0x%x%s, %s content",
            page.actualFrame(),
            page.throughDirectMap() ? " through the direct map" : "",
            page.sameContent() ? "the same" : "other"),
        List.of(),
        (page.throughDirectMap() ? "alias+" : "page+") + offsetOf(page.address()));
  }

  private void elsewhere(DynamicCode code) {
    if (code.verified()) {
      return;
    }
    // Without the modules of the build at hand, an unowned page may as well be one of theirs.
    add(
        FindingType.DYNAMIC_CODE,
        kernel.vcpu().index(),
        code.address(),
        code.kind().name().toLowerCase(java.util.Locale.ROOT),
        "unknown",
        "code that is verified",
        code.pages() + " pages: " + code.description(),
        List.of(),
        "code@" + code.address());
  }

  private void traced(long target, int functions) {
    Optional<Trampoline> trampoline =
        seen.trampolines().stream().filter(copy -> copy.address() == target).findFirst();
    add(
        FindingType.HOOK_WITH_OWNER,
        kernel.vcpu().index(),
        target,
        trampoline.map(Trampoline::tracer).orElseGet(() -> layout.names().nameOf(offsetOf(target))),
        trampoline.map(copy -> place(copy.function())).orElse("kernel"),
        "no traced function",
        functions + " functions call the function tracer",
        List.of(),
        "trace@" + trampoline.map(Trampoline::function).map(this::offsetOf).orElse(0L));
  }

  private void unreadable() {
    add(
        FindingType.UNREADABLE,
        kernel.vcpu().index(),
        layout.base() + seen.slide(),
        "kernel",
        "kernel",
        "a readable image",
        seen.unreadableBytes() / PageBytes.SIZE + " pages of it cannot be read",
        List.of(),
        "image");
  }
}
