package io.plumbline.cli.answers;

import io.plumbline.cli.results.Hex;
import io.plumbline.cli.results.VmFinding;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A finding as whoever tampered knows it must look.
 *
 * @param vcpu null if no particular one
 * @param address where it is, 0x and 16 digits
 * @param expected an address, or the bytes that a good guest has there without blanks
 * @param actual an address, or the bytes there now without blanks
 * @param target where changed code leads; null if nowhere
 * @param vector the IDT vector; null if it is about none
 */
public record ExpectedFinding(
    String type,
    Integer vcpu,
    String address,
    String symbol,
    String expected,
    String actual,
    String target,
    Integer vector) {
  /** Between an instruction's bytes and its text in a finding's evidence. */
  private static final String AFTER_BYTES = "  ";

  public ExpectedFinding {
    boolean complete =
        Stream.of(type, address, symbol, expected, actual)
            .allMatch(each -> each != null && !each.isBlank());
    if (!complete) {
      throw new IllegalArgumentException(
          "expected findings with type, address, symbol, expected and actual");
    }
  }

  /** Whether {@code said} is this finding: the same thing at the same place with its evidence. */
  public boolean is(VmFinding said) {
    return said.type().equals(type)
        && (!isRegister() || said.symbol().equals(Optional.of(symbol)))
        && (vcpu == null || said.vcpu().stream().anyMatch(found -> found == vcpu))
        && (vector == null || said.place().contains("[" + vector + "]"))
        && said.address().isPresent()
        && Hex.of(said.address().getAsLong()).equals(address)
        && shows(said.expected(), expected)
        && shows(said.actual(), actual)
        && (target == null || said.actual().contains(target));
  }

  /**
   * In memory the address is the place, whatever the build's symbols call it. A register has no
   * address but the one it leads to, so its name is the place.
   */
  private boolean isRegister() {
    return address.equals(actual);
  }

  /**
   * Evidence is an address with its name, or one instruction; a key has as many bytes as were
   * overwritten, which may be a part of an instruction or several.
   */
  private static boolean shows(String evidence, String wanted) {
    if (wanted.startsWith("0x")) {
      return evidence.contains(wanted);
    }
    int end = evidence.indexOf(AFTER_BYTES);
    String bytes = (end < 0 ? evidence : evidence.substring(0, end)).replace(" ", "");
    return !bytes.isEmpty() && (wanted.startsWith(bytes) || bytes.startsWith(wanted));
  }
}
