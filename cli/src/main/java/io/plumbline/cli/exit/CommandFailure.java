package io.plumbline.cli.exit;

/**
 * A command could not do what it was asked: one line for the user and the exit code that says why.
 */
public final class CommandFailure extends RuntimeException {
  private final ExitCode exit;

  public CommandFailure(ExitCode exit, String message) {
    super(message);
    this.exit = exit;
  }

  public CommandFailure(ExitCode exit, String message, Throwable cause) {
    super(message, cause);
    this.exit = exit;
  }

  public ExitCode exit() {
    return exit;
  }
}
