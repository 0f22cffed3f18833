package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.Kept;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.reach.Sharing;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * One kind of thing that is derived from packages, of those builds that were asked for last. Who
 * asks for a build waits for that build alone: what is made of another, for a guest or ahead of
 * any, is nobody else's business.
 */
final class Shelf<T> {
  /** Drafts of several images may have one id, so the image is compared too. */
  private record Derived<T>(Reference<Object> origin, Kept<T> value) {}

  private final Sharing sharing;
  private final Function<PackageSignature, T> make;
  private final Map<SignatureId, Derived<T>> known;

  /**
   * @param most builds
   * @param sharing counts what was there, and what had to be made
   */
  Shelf(int most, Sharing sharing, Function<PackageSignature, T> make) {
    this.sharing = sharing;
    this.make = make;
    this.known =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<SignatureId, Derived<T>> eldest) {
            return size() > most;
          }
        };
  }

  /** A build's. Others that want it wait rather than make it too. */
  T get(PackageSignature signature) {
    return place(signature)
        .get(
            () -> {
              sharing.made();
              return make.apply(signature);
            },
            sharing::found);
  }

  private synchronized Kept<T> place(PackageSignature signature) {
    Object origin = signature.origin();
    Derived<T> found = known.get(signature.id());
    if (found == null || !found.origin.refersTo(origin)) {
      found = new Derived<>(new WeakReference<>(origin), new Kept<>());
      known.put(signature.id(), found);
    }
    return found.value;
  }
}
