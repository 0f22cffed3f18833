package io.plumbline.cli;

/** The {@code plumbline} command. */
public final class Plumbline {
  private Plumbline() {}

  public static void main(String[] arguments) {}
}
