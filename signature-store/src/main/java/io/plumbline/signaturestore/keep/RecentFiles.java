package io.plumbline.signaturestore.keep;

import java.lang.ref.SoftReference;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The files that were verified last. Whoever verifies a package's file is often asked for its parts
 * soon after; what is here is not read and verified again for each of them. A store of thousands of
 * files stays where it is: there are few here, and none when memory is short.
 */
final class RecentFiles {
  /** Files of some megabytes, with all modules of a kernel some twenty. */
  private static final int MOST = 16;

  static final RecentFiles OF_THIS_PROCESS = new RecentFiles(MOST);

  private final Map<PackageFile, SoftReference<SectionFile>> recent;

  RecentFiles(int most) {
    this.recent =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(
              Map.Entry<PackageFile, SoftReference<SectionFile>> eldest) {
            return size() > most;
          }
        };
  }

  synchronized Optional<SectionFile> of(PackageFile file) {
    return Optional.ofNullable(recent.get(file)).map(SoftReference::get);
  }

  synchronized void keep(PackageFile file, SectionFile verified) {
    recent.put(file, new SoftReference<>(verified));
  }
}
