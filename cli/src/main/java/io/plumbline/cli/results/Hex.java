package io.plumbline.cli.results;

/** Addresses as every output shows them. */
public final class Hex {
  private Hex() {}

  /** {@code 0x} and 16 hex digits. */
  public static String of(long address) {
    return String.format("0x%016x", address);
  }
}
