package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * When a job manager dies, a task manager may close the loader of the job's classes before it
 * closes the operator, and a class that is missing then ends the task manager.
 */
class ClosedLoaderTest {
  private static final String PACKAGE = "io.plumbline.flinkjobs.";

  /** Defines the job's classes by itself, and none once it is closed. */
  private static final class JobLoader extends ClassLoader {
    private final List<String> missed = new ArrayList<>();
    private boolean closed;

    JobLoader() {
      super(ClosedLoaderTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(PACKAGE) || findLoadedClass(name) != null) {
        return super.loadClass(name, resolve);
      }
      if (closed) {
        missed.add(name);
        throw new ClassNotFoundException(name);
      }
      try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = file.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  /** Runs in the job's loader. */
  public static final class Operator implements AutoCloseable {
    private final AnalysisBench bench = new AnalysisBench();

    @Override
    public void close() {
      bench.analysis.close();
    }
  }

  @Test
  void anOperatorThatJudgedNobodyClosesWithoutItsLoader() throws Exception {
    JobLoader loader = new JobLoader();
    AutoCloseable operator =
        (AutoCloseable)
            loader.loadClass(Operator.class.getName()).getDeclaredConstructor().newInstance();
    assertThat(operator.getClass()).isNotEqualTo(Operator.class);

    loader.closed = true;

    assertThatCode(operator::close).doesNotThrowAnyException();
    assertThat(loader.missed).isEmpty();
  }
}
