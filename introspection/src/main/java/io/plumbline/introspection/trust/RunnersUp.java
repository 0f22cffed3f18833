package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.identify.Shortlist;
import io.plumbline.introspection.verify.image.ImageClosure;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;

/**
 * Which build comes second after the one that a guest runs. That hangs on the builds at hand and
 * not on the guest, so that it is looked for once for all guests of a build. For any thread.
 */
final class RunnersUp {
  private record Found(List<KernelSignature> among, Optional<Identity.RunnerUp> second) {}

  private final Map<ImageClosure, Found> last = Collections.synchronizedMap(new WeakHashMap<>());

  /**
   * The nearest of other builds; empty if there are none.
   *
   * @param closure what the image has behind the root that names the guest
   */
  Optional<Identity.RunnerUp> after(ImageClosure closure, List<KernelSignature> others) {
    Found found = last.get(closure);
    if (found == null || !found.among.equals(others)) {
      Optional<Identity.RunnerUp> second =
          Shortlist.nearest(closure.digests(), others)
              .map(match -> new Identity.RunnerUp(match.signature().name(), match.distance()));
      found = new Found(others, second);
      last.put(closure, found);
    }
    return found.second;
  }
}
