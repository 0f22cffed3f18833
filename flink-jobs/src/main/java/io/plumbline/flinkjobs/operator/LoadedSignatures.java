package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The signatures that this process has in memory, one copy for all its parallel instances. They are
 * immutable and named by their content, so whoever loaded one, everyone may use it.
 */
final class LoadedSignatures {
  /** About 16 MiB each if enrolled, more if from a package. */
  private static final int MOST = 64;

  private static final LoadedSignatures OF_THIS_PROCESS = new LoadedSignatures(MOST);

  private final Map<SignatureId, KernelSignature> loaded;

  LoadedSignatures(int most) {
    this.loaded =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<SignatureId, KernelSignature> eldest) {
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
    KernelSignature known = loaded.get(id);
    if (known == null) {
      known = source.load(id, location);
      loaded.put(id, known);
    }
    return known;
  }
}
