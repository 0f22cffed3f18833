package io.plumbline.signaturestore.extract.module;

import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** Reads modules, some at a time, and tells each in the order in which they were given. */
public final class ModuleReader {
  /** Modules that are read ahead: what bounds memory. */
  private static final int AHEAD = 16;

  private final ExecutorService readers;
  private final Consumer<ModuleImage> each;
  private final Queue<Future<ModuleImage>> ahead = new ArrayDeque<>();

  /**
   * @param readers that decompress and read
   * @param each is told every module, in the thread that gives them
   */
  public ModuleReader(ExecutorService readers, Consumer<ModuleImage> each) {
    this.readers = readers;
    this.each = each;
  }

  /**
   * Gives the next file.
   *
   * @throws IOException if a file before it cannot be read or is no module
   */
  public void add(Callable<ByteRange> file) throws IOException {
    ahead.add(readers.submit(() -> ModuleExtraction.read(file.call())));
    if (ahead.size() >= AHEAD) {
      each.accept(result(ahead.remove()));
    }
  }

  /**
   * Waits for the rest.
   *
   * @throws IOException if a file cannot be read or is no module
   */
  public void finish() throws IOException {
    while (!ahead.isEmpty()) {
      each.accept(result(ahead.remove()));
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
