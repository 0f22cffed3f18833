package io.plumbline.signaturestore.extract.module;

import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The modules below a folder, such as {@code /lib/modules/6.1.0-50-amd64}. */
public final class ModuleTree {
  private static final Pattern FILE = Pattern.compile(".*\\.ko(\\.xz|\\.zst|\\.gz)?");

  /** Modules that are read ahead: what bounds memory. */
  private static final int AHEAD = 16;

  private final List<Path> files;

  private ModuleTree(List<Path> files) {
    this.files = files;
  }

  /** All modules below {@code folder}, by path. */
  public static ModuleTree below(Path folder) throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      return new ModuleTree(
          found
              .filter(each -> FILE.matcher(each.getFileName().toString()).matches())
              .filter(Files::isRegularFile)
              .sorted()
              .toList());
    }
  }

  /** How many modules there are. */
  public int size() {
    return files.size();
  }

  /**
   * Reads all modules, some at a time, and tells each in the order of their paths.
   *
   * @param threads that read
   * @throws IOException if a file cannot be read or is no module; the first one
   */
  public void read(int threads, Consumer<ModuleImage> each) throws IOException {
    ExecutorService readers = Executors.newFixedThreadPool(threads);
    try {
      Queue<Future<ModuleImage>> ahead = new ArrayDeque<>();
      for (Path file : files) {
        ahead.add(
            readers.submit(
                () ->
                    ModuleExtraction.read(
                        ByteRange.of(file.toString(), Files.readAllBytes(file)))));
        if (ahead.size() >= AHEAD) {
          each.accept(result(ahead.remove()));
        }
      }
      while (!ahead.isEmpty()) {
        each.accept(result(ahead.remove()));
      }
    } finally {
      readers.shutdownNow();
    }
  }

  private static ModuleImage result(Future<ModuleImage> module) throws IOException {
    try {
      return module.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while modules are read", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException problem) {
        throw problem;
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
