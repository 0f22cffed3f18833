package io.plumbline.cli.console;

import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * How far something has come. On a terminal a bar, from the second second on and redrawn at most
 * ten times a second; elsewhere one line every ten seconds. What is over sooner shows nothing.
 */
public final class Progress implements AutoCloseable {
  private static final Duration QUIET = Duration.ofSeconds(2);
  private static final Duration REDRAW = Duration.ofMillis(100);
  private static final Duration LINE = Duration.ofSeconds(10);
  private static final int WIDTH = 28;

  private final Console console;
  private final String what;
  private final LongSupplier nanoTime;
  private final long started;
  private long nextShown;

  Progress(Console console, String what, LongSupplier nanoTime) {
    this.console = console;
    this.what = what;
    this.nanoTime = nanoTime;
    this.started = nanoTime.getAsLong();
    this.nextShown = started + (console.drawsBars() ? QUIET : LINE).toNanos();
  }

  /**
   * @param done from 0 to {@code total}, in any unit
   * @param detail a few words on what is being done right now
   */
  public synchronized void at(long done, long total, String detail) {
    long now = nanoTime.getAsLong();
    if (now - nextShown < 0) {
      return;
    }
    double share = total <= 0 ? 0 : Math.min(1.0, Math.max(0.0, (double) done / total));
    long seconds = Duration.ofNanos(now - started).toSeconds();
    String text = String.format(Locale.ROOT, "%3.0f %% %s, %d s", share * 100, detail, seconds);
    if (console.drawsBars()) {
      int filled = (int) Math.round(share * WIDTH);
      String bar = "#".repeat(filled) + ".".repeat(WIDTH - filled);
      console.bar(what + " [" + bar + "] " + Table.printable(text));
      nextShown = now + REDRAW.toNanos();
    } else {
      console.note(what + ": " + Table.printable(text.strip()));
      nextShown = now + LINE.toNanos();
    }
  }

  /** Takes the bar away. */
  @Override
  public void close() {
    console.wipeBar();
  }
}
