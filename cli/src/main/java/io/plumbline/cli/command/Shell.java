package io.plumbline.cli.command;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.OutputFormat;
import io.plumbline.cli.console.Terminal;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The world that a command runs in; tests bring their own.
 *
 * @param home the checkout, where {@code samples/} lies
 * @param store the user's own signatures
 * @param nanoTime rises only, nanoseconds
 */
public record Shell(
    PrintStream stdout,
    PrintStream stderr,
    Terminal terminal,
    Path home,
    Path store,
    Clock clock,
    LongSupplier nanoTime) {
  Console console(Optional<OutputFormat> format) {
    return new Console(stdout, stderr, terminal, format, nanoTime);
  }
}
