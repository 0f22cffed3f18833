package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.ref.SoftReference;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The signatures that this process has in memory, one copy for all its parallel instances. They are
 * immutable and named by their content, so whoever loaded one, everyone may use it. What can be
 * read again is given back when memory is short.
 */
final class LoadedSignatures {
  /**
   * About 16 MiB each if enrolled; from a package some tens of kilobytes until a guest needs it.
   */
  private static final int MOST = 4096;

  private static final LoadedSignatures OF_THIS_PROCESS = new LoadedSignatures(MOST);

  private final Map<SignatureId, Reference<KernelSignature>> loaded;

  LoadedSignatures(int most) {
    this.loaded =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(
              Map.Entry<SignatureId, Reference<KernelSignature>> eldest) {
            return size() > most;
          }
        };
  }

  static LoadedSignatures ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /**
   * The signature, read through {@code source} if it is not here; others wait rather than read it
   * too.
   */
  synchronized KernelSignature get(SignatureId id, String location, SignatureSource source)
      throws IOException {
    Reference<KernelSignature> kept = loaded.get(id);
    KernelSignature known = kept == null ? null : kept.get();
    if (known == null) {
      known = source.load(id, location);
      loaded.put(id, new SoftReference<>(known));
    }
    return known;
  }
}
