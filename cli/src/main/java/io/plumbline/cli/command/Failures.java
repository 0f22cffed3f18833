package io.plumbline.cli.command;

import io.plumbline.cli.console.Table;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns what went wrong into one line on stderr and the exit code that says why. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);
  private final PrintStream stderr;

  Failures(PrintStream stderr) {
    this.stderr = stderr;
  }

  @Override
  public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed)
      throws Exception {
    if (failure instanceof CommandFailure known) {
      return say(known.exit(), known.getMessage(), known);
    }
    if (failure instanceof InterruptedException
        || failure instanceof org.apache.kafka.common.errors.InterruptException) {
      Thread.currentThread().interrupt();
      return say(ExitCode.INTERRUPTED, "interrupted", failure);
    }
    if (failure instanceof SchemaRegistryException) {
      return say(ExitCode.UNREACHABLE, failure.getMessage(), failure);
    }
    if (failure instanceof org.apache.kafka.common.KafkaException) {
      return say(ExitCode.UNREACHABLE, "Kafka: " + failure.getMessage(), failure);
    }
    if (failure instanceof IOException unreadable) {
      return say(ExitCode.UNREADABLE, message(unreadable), failure);
    }
    throw failure; // a bug: its stack trace is wanted
  }

  @Override
  public int handleParseException(ParameterException failure, String[] arguments) {
    CommandLine command = failure.getCommandLine();
    say(ExitCode.USAGE, failure.getMessage(), failure);
    stderr.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.USAGE.code();
  }

  private int say(ExitCode exit, String message, Exception cause) {
    LOG.warn("exit={} message={}", exit.code(), message, cause);
    stderr.println("plumbline: " + Table.printable(message));
    return exit.code();
  }

  /** File system exceptions carry the bare path as their message. */
  private static String message(IOException failure) {
    if (failure instanceof NoSuchFileException || failure instanceof FileNotFoundException) {
      return failure.getMessage() + ": no such file";
    }
    if (failure instanceof AccessDeniedException) {
      return failure.getMessage() + ": no permission to read it";
    }
    if (failure instanceof FileSystemException file && file.getMessage().equals(file.getFile())) {
      return file.getFile() + ": " + file.getClass().getSimpleName();
    }
    return String.valueOf(failure.getMessage());
  }
}
