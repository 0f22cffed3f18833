package io.plumbline.signaturestore.keep;

import java.lang.ref.SoftReference;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The blocks of modules that were unpacked last, of whatever builds. Hundreds of modules share a
 * block, and whoever asks for one asks for others soon. Few are kept, and none when memory is
 * short. For any thread; nobody waits for another's block to be unpacked.
 */
final class RecentBlocks {
  /** Of 8 MiB, if no single module has more: all of a cloud kernel's modules. */
  private static final int MOST = 6;

  static final RecentBlocks OF_THIS_PROCESS = new RecentBlocks(MOST);

  private final Map<PackedModules.Block, SoftReference<byte[]>> recent;

  RecentBlocks(int most) {
    this.recent =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(
              Map.Entry<PackedModules.Block, SoftReference<byte[]>> eldest) {
            return size() > most;
          }
        };
  }

  /** The content of a block; not to be changed. */
  synchronized Optional<byte[]> of(PackedModules.Block block) {
    return Optional.ofNullable(recent.get(block)).map(SoftReference::get);
  }

  synchronized void keep(PackedModules.Block block, byte[] content) {
    recent.put(block, new SoftReference<>(content));
  }
}
