package io.plumbline.introspection.trust;

/**
 * Watches one thing of a guest whose kernel is known from its package, on top of what the judge has
 * verified already: code, read-only data, modules. Found as a service ({@link
 * java.util.ServiceLoader}), so that another one is a class and a line.
 *
 * <p>A monitor is shared by all guests and threads of a process and keeps nothing of a guest. What
 * it cannot read it says with {@link Observations#notSeen}; it never takes it for clean.
 */
public interface Monitor {
  /** What it watches, as a noun phrase for people, such as {@code interrupt delivery}. */
  String watches();

  /**
   * Looks at one guest.
   *
   * @param kernel what may be relied on
   * @param observations where to say what is not as it should be
   */
  void observe(TrustedKernel kernel, Observations observations);
}
