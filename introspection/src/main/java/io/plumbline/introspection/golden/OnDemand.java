package io.plumbline.introspection.golden;

import java.lang.ref.Reference;
import java.lang.ref.SoftReference;
import java.util.function.Supplier;

/** A value that is made when it is asked for, and kept as long as memory is not short. */
final class OnDemand<T> {
  private final Supplier<T> maker;
  private Reference<T> kept = new SoftReference<>(null);

  OnDemand(Supplier<T> maker) {
    this.maker = maker;
  }

  /** Others wait rather than make it too. */
  synchronized T get() {
    T value = kept.get();
    if (value == null) {
      value = maker.get();
      kept = new SoftReference<>(value);
    }
    return value;
  }
}
