package io.plumbline.cli.command;

import io.plumbline.cli.console.Table;
import io.plumbline.cli.embedded.EmbeddedException;
import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.flinkjobs.config.ConfigurationException;
import io.plumbline.ingest.publish.PublishException;
import io.plumbline.schemas.wire.SchemaRegistryException;
import io.plumbline.signaturestore.announce.publish.AnnounceException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InterruptException;
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

  /** More than any chain of causes has that is not a loop. */
  private static final int DEEPEST_CAUSE = 32;

  private final PrintStream stderr;

  Failures(PrintStream stderr) {
    this.stderr = stderr;
  }

  @Override
  public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
    Exception shown = failure instanceof UncheckedIOException e ? e.getCause() : failure;
    ExitCode exit = exit(shown);
    return switch (exit) {
      case INTERRUPTED -> {
        Thread.currentThread().interrupt();
        yield say(exit, "interrupted", failure);
      }
      case FAILED -> {
        say(exit, message(shown), failure);
        if (!(shown instanceof EmbeddedException || shown instanceof CommandFailure)) {
          failure.printStackTrace(stderr); // a bug: whoever reports it needs this
        }
        yield exit.code();
      }
      default -> say(exit, message(shown), failure);
    };
  }

  /** Says why one of several inputs cannot be read. */
  ExitCode unreadable(IOException failure) {
    say(ExitCode.UNREADABLE, message(failure), failure);
    return ExitCode.UNREADABLE;
  }

  private static ExitCode exit(Exception failure) {
    if (wasInterrupted(failure)) {
      return ExitCode.INTERRUPTED;
    } else if (failure instanceof CommandFailure known) {
      return known.exit();
    } else if (failure instanceof ConfigurationException) {
      return ExitCode.USAGE;
    } else if (failure instanceof SchemaRegistryException
        || failure instanceof PublishException
        || failure instanceof AnnounceException
        || failure instanceof KafkaException) {
      return ExitCode.UNREACHABLE;
    } else if (failure instanceof IOException && !(failure instanceof EmbeddedException)) {
      return ExitCode.UNREADABLE; // images, recordings and signatures have kinds of their own
    }
    return ExitCode.FAILED;
  }

  /** Clients wrap an interrupt in exceptions of their own. */
  private static boolean wasInterrupted(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < DEEPEST_CAUSE; depth++) {
      if (cause instanceof InterruptedException || cause instanceof InterruptException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
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
    String line = message.strip().replaceAll("\\s*\\R\\s*", "; ");
    stderr.println("plumbline: " + Table.printable(line));
    return exit.code();
  }

  /** File system exceptions carry the bare path as their message, Kafka's clients a headline. */
  private static String message(Exception failure) {
    if (failure instanceof NoSuchFileException) {
      return failure.getMessage() + ": no such file";
    }
    if (failure instanceof AccessDeniedException) {
      return failure.getMessage() + ": no permission to read it";
    }
    if (failure instanceof FileSystemException file && file.getMessage().equals(file.getFile())) {
      return file.getFile() + ": " + file.getClass().getSimpleName();
    }
    if (failure instanceof KafkaException) {
      boolean unusable = failure.getCause() instanceof ConfigException;
      return "Kafka: " + (unusable ? failure.getCause() : failure).getMessage();
    }
    return failure.getMessage() == null ? failure.toString() : failure.getMessage();
  }
}
