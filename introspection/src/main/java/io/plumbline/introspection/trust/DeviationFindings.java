package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.verify.SystemCallHandlers;
import io.plumbline.introspection.verify.SystemCallTables;
import io.plumbline.introspection.verify.image.Deviation;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.image.StandingVerification;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.HexFormat;

/** Findings about bytes of an image that are not as they must be. */
final class DeviationFindings {
  private static final int POINTER = Long.BYTES;
  private static final HexFormat SPACED = HexFormat.ofDelimiter(" ");

  private final boolean dataUnread;
  private final PlacedImage placed;
  private final ImageLayout layout;
  private final StandingVerification verified;
  private final Evidence evidence;
  private final FindingBook findings;
  private final ReachedPlaces reached;

  /**
   * @param dataUnread data that decides what sites hold was not handed over: a site that deviates
   *     is no violation then
   */
  DeviationFindings(
      boolean dataUnread,
      PlacedImage placed,
      StandingVerification verified,
      Evidence evidence,
      FindingBook findings,
      ReachedPlaces reached) {
    this.dataUnread = dataUnread;
    this.placed = placed;
    this.layout = placed.verifier().layout();
    this.verified = verified;
    this.evidence = evidence;
    this.findings = findings;
    this.reached = reached;
  }

  /** Changed code, told from the beginning of the first instruction that is not what it must be. */
  void text(Deviation deviation) {
    int first = deviation.offset();
    while (verified.explains(first, 1) && first < deviation.offset() + deviation.length() - 1) {
      first++;
    }
    int start = placed.instructionAt(expected(), first);
    long address = placed.addressOf(start);
    int length = deviation.offset() + deviation.length() - start;
    Way way = reached.toCode(address, length);
    findings.add(
        typeOf(deviation, start),
        way.vcpu(),
        new GuestVirtualAddress(address),
        placed.nameOf(address),
        "kernel",
        evidence.instruction(expected(), start, address),
        evidence.instruction(guest(), start, address),
        way.path(),
        "code+" + start);
  }

  private byte[] expected() {
    return verified.workspace().expected();
  }

  private byte[] guest() {
    return verified.workspace().guest();
  }

  private FindingType typeOf(Deviation deviation, int start) {
    if (dataUnread && deviation.dependsOnData()) {
      return FindingType.UNREADABLE;
    }
    if (deviation.misleadsTracer()) {
      return FindingType.UNEXPECTED_FTRACE_HANDLER;
    }
    boolean dispatchesSystemCall =
        evidence
            .target(expected(), start, placed.addressOf(start))
            .filter(target -> SystemCallHandlers.isOne(placed.nameOf(target.value())))
            .isPresent();
    return dispatchesSystemCall
        ? FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER
        : FindingType.UNEXPECTED_CODE_MODIFICATION;
  }

  /** Changed data as it lies; tables of system calls have a monitor of their own. */
  void data(Deviation deviation) {
    String symbol = deviation.symbol();
    int plus = symbol.indexOf('+');
    String variable = plus < 0 ? symbol : symbol.substring(0, plus);
    if (SystemCallTables.isOne(variable)) {
      return; // told entry by entry by who watches system calls
    }
    int word = layout.placeOf(deviation.offset()) & -POINTER;
    boolean inWord = layout.placeOf(deviation.offset()) + deviation.length() <= word + POINTER;
    boolean afterInit = deviation.region() == Deviation.Region.READ_ONLY_AFTER_INIT;
    if (inWord && (afterInit || placed.holds(Bytes.longAt(expected(), word)))) {
      pointer(word, afterInit);
    } else {
      Way way = reached.toData(deviation.address(), symbol);
      findings.add(
          FindingType.UNEXPECTED_READ_ONLY_DATA_MODIFICATION,
          way.vcpu(),
          new GuestVirtualAddress(deviation.address()),
          symbol,
          "kernel",
          SPACED.formatHex(deviation.expected()),
          SPACED.formatHex(deviation.actual()),
          way.path(),
          "data+" + deviation.offset());
    }
  }

  /**
   * A word that is, or should be, a pointer. What is read-only only after boot may hold any trusted
   * function, so that a deviation there is one that is not.
   */
  private void pointer(int word, boolean afterInit) {
    int offset = layout.offsetOf(word);
    String symbol = layout.names().nameOf(offset);
    Way way = reached.toData(placed.addressOf(offset), symbol);
    findings.add(
        afterInit
            ? FindingType.UNEXPECTED_CONTROL_FLOW_TARGET
            : FindingType.UNEXPECTED_READ_ONLY_DATA_MODIFICATION,
        way.vcpu(),
        new GuestVirtualAddress(placed.addressOf(offset)),
        symbol,
        "kernel",
        value(Bytes.longAt(expected(), word)),
        value(Bytes.longAt(guest(), word)),
        way.path(),
        "data+" + offset);
  }

  /** A number as an address, with the name of what lies there. */
  String value(long number) {
    GuestVirtualAddress address = new GuestVirtualAddress(number);
    return placed.holds(number) ? address + " " + placed.nameOf(number) : evidence.place(address);
  }
}
