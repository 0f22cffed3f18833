package io.plumbline.flinkjobs.operator;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileSystem;

/** A file system that Flink finds by its scheme; counts how often each file is opened. */
public final class CountedFileSystem extends LocalFileSystem {
  static final String SCHEME = "counted";
  private static final Map<String, Integer> OPENED = new ConcurrentHashMap<>();

  /** How Flink finds it. */
  public static final class Factory implements FileSystemFactory {
    @Override
    public String getScheme() {
      return SCHEME;
    }

    @Override
    public FileSystem create(URI uri) {
      return new CountedFileSystem();
    }
  }

  /** How often files of that name were opened. */
  static int opened(String name) {
    return OPENED.getOrDefault(name, 0);
  }

  @Override
  public FSDataInputStream open(Path file) throws IOException {
    OPENED.merge(file.getName(), 1, Integer::sum);
    return super.open(file);
  }
}
