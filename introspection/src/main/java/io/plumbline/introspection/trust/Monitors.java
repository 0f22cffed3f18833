package io.plumbline.introspection.trust;

import java.util.List;
import java.util.ServiceLoader;

/** The monitors that are on the class path of this process. */
final class Monitors {
  private static final List<Monitor> INSTALLED =
      ServiceLoader.load(Monitor.class, Monitor.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

  private Monitors() {}

  /** Has each of them look at a guest. */
  static Observations observe(TrustedKernel kernel) {
    Observations observations = new Observations();
    INSTALLED.forEach(monitor -> monitor.observe(kernel, observations));
    return observations;
  }
}
