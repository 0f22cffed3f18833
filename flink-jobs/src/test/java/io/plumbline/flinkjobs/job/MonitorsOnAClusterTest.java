package io.plumbline.flinkjobs.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.trust.Monitor;
import java.net.URL;
import java.util.List;
import java.util.ServiceLoader;
import org.apache.flink.util.ChildFirstClassLoader;
import org.junit.jupiter.api.Test;

/** A cluster loads the job's classes by a loader of the job's own, its own classes last. */
class MonitorsOnAClusterTest {
  @Test
  void monitorsAreFoundByTheLoaderThatLoadsTheJob() throws Exception {
    URL core = Monitor.class.getProtectionDomain().getCodeSource().getLocation();
    try (ChildFirstClassLoader job =
        new ChildFirstClassLoader(
            new URL[] {core},
            ClassLoader.getPlatformClassLoader(),
            new String[0],
            throwable -> {
              throw new AssertionError(throwable);
            })) {
      Class<?> service = job.loadClass(Monitor.class.getName());
      List<Class<?>> found =
          ServiceLoader.load(service, service.getClassLoader()).stream()
              .<Class<?>>map(ServiceLoader.Provider::type)
              .toList();

      assertThat(service.getClassLoader()).isSameAs(job);
      assertThat(found)
          .extracting(Class::getSimpleName)
          .containsExactly(
              "InterruptMonitor",
              "ControlRegisterMonitor",
              "SyscallDispatchMonitor",
              "ModuleMonitor");
      assertThat(found).allMatch(type -> type.getClassLoader() == job);
    }
  }
}
