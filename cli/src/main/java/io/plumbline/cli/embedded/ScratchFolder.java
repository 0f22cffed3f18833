package io.plumbline.cli.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** A folder for what lives as long as this process: the broker's log, checkpoints, Flink's jars. */
public final class ScratchFolder implements AutoCloseable {
  private static final int ATTEMPTS = 3;
  private final Path path;

  private ScratchFolder(Path path) {
    this.path = path;
  }

  /** A new folder under {@code java.io.tmpdir}, readable by this user only. */
  public static ScratchFolder create() throws IOException {
    return new ScratchFolder(Files.createTempDirectory("plumbline-"));
  }

  public Path path() {
    return path;
  }

  /** A new folder inside. */
  public Path folder(String name) throws IOException {
    return Files.createDirectories(path.resolve(name));
  }

  /**
   * Deletes the folder and all in it. Tries again where a thread that is just ending still wrote a
   * file into a folder being emptied.
   */
  @Override
  public void close() {
    IOException last = null;
    for (int attempt = 0; attempt < ATTEMPTS && Files.exists(path); attempt++) {
      try {
        deleteTree();
        return;
      } catch (IOException e) {
        last = e;
      }
    }
    if (last != null && Files.exists(path)) {
      throw new UncheckedIOException("temporary folder " + path + " could not be deleted", last);
    }
  }

  private void deleteTree() throws IOException {
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
