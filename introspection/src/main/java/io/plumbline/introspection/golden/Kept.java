package io.plumbline.introspection.golden;

import java.lang.ref.Reference;
import java.lang.ref.SoftReference;
import java.util.function.Supplier;

/**
 * Room for one value that can be made again: it is kept as long as memory is not short. Whoever
 * asks while another makes it waits for that one value, and for none besides. If making it fails,
 * that is told to who made it; who waited makes it by itself.
 */
public final class Kept<T> {
  private Reference<T> kept = new SoftReference<>(null);

  /** The value. */
  public T get(Supplier<T> maker) {
    return get(maker, () -> {});
  }

  /**
   * The value.
   *
   * @param found is told if it was there
   */
  public synchronized T get(Supplier<T> maker, Runnable found) {
    T value = kept.get();
    if (value == null) {
      value = maker.get();
      kept = new SoftReference<>(value);
    } else {
      found.run();
    }
    return value;
  }
}
