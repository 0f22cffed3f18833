package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.verify.patch.FunctionTraces;
import java.util.HexFormat;

/**
 * Bytes that are not what they must be.
 *
 * @param address linear, of the first byte in the guest
 * @param offset the same from the image's base
 * @param length bytes, also where the arrays hold fewer
 * @param symbol the image's name for the place
 * @param rule what was broken, such as {@code plain text} or {@code return}
 * @param region which part of the image it lies in
 * @param expected at most 64 bytes
 * @param actual at most 64 bytes
 */
public record Deviation(
    long address,
    int offset,
    int length,
    String symbol,
    String rule,
    Region region,
    byte[] expected,
    byte[] actual) {
  /** The rule of bytes that nothing rewrites. */
  static final String PLAIN_TEXT = "plain text";

  private static final byte CALL = (byte) 0xe8;

  /** Where in the image it lies. */
  public enum Region {
    TEXT,
    READ_ONLY_DATA,
    READ_ONLY_AFTER_INIT
  }

  /** Whether a call to the function tracer leads elsewhere. */
  public boolean misleadsTracer() {
    return rule.equals(FunctionTraces.INNER_CALL)
        || (rule.equals(FunctionTraces.SITE) && actual[0] == CALL);
  }

  /** Whether data of the guest decides what must be here, and not the image alone. */
  public boolean dependsOnData() {
    return region == Region.TEXT && !rule.equals(PLAIN_TEXT);
  }

  @Override
  public String toString() {
    HexFormat hex = HexFormat.of();
    return String.format(
        "0x%016x %s: %d bytes, %s: expected %s, found %s",
        address, symbol, length, rule, hex.formatHex(expected), hex.formatHex(actual));
  }
}
