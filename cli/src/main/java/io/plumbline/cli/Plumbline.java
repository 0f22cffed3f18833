package io.plumbline.cli;

import io.plumbline.cli.command.RootCommand;
import io.plumbline.cli.command.Shell;
import io.plumbline.cli.console.RememberingStream;
import io.plumbline.cli.console.Terminal;
import io.plumbline.cli.exit.ExitCode;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;

/** The {@code plumbline} command. */
public final class Plumbline {
  private Plumbline() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    // Threads of a broker or a cluster that would not stop must not keep the process.
    RememberingStream stdout = new RememberingStream(new FileOutputStream(FileDescriptor.out));
    System.exit(run(shell(stdout, System.getenv()), stdout, arguments));
  }

  /** Runs one command whose data go to {@code stdout}, and returns its exit code. */
  static int run(Shell shell, RememberingStream stdout, String... arguments) {
    int exit = run(shell, arguments);
    shell.stdout().flush();
    Optional<String> loss = stdout.loss();
    loss.ifPresent(reason -> shell.stderr().println("plumbline: standard output: " + reason));
    return loss.isPresent() && exit == ExitCode.OK.code() ? ExitCode.FAILED.code() : exit;
  }

  /** Runs one command in {@code shell} and returns its exit code. */
  static int run(Shell shell, String... arguments) {
    try {
      return RootCommand.commandLine(shell).execute(arguments);
    } catch (OutOfMemoryError e) {
      shell
          .stderr()
          .println(
              "plumbline: out of memory ("
                  + e.getMessage()
                  + "); PLUMBLINE_JAVA_OPTS=-Xmx3g, for example, gives more");
      return ExitCode.FAILED.code();
    }
  }

  private static Shell shell(OutputStream stdout, Map<String, String> environment) {
    return new Shell(
        utf8(stdout),
        utf8(new FileOutputStream(FileDescriptor.err)),
        Terminal.of(System.getProperties(), environment),
        Path.of(System.getProperty("plumbline.home", "")).toAbsolutePath(),
        store(environment),
        Clock.systemUTC(),
        System::nanoTime);
  }

  /** Where the XDG base directory specification puts a user's data. */
  private static Path store(Map<String, String> environment) {
    String asked = environment.getOrDefault("PLUMBLINE_SIGNATURES", "");
    if (!asked.isEmpty()) {
      return Path.of(asked);
    }
    String data = environment.getOrDefault("XDG_DATA_HOME", "");
    Path share =
        data.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".local", "share")
            : Path.of(data);
    return share.resolve("plumbline").resolve("signatures");
  }

  private static PrintStream utf8(OutputStream stream) {
    return new PrintStream(stream, true, StandardCharsets.UTF_8);
  }
}
