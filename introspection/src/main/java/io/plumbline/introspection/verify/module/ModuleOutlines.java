package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleOutline;
import io.plumbline.introspection.memory.PageBytes;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Outlines a package's modules, one after the other, without keeping them: the anchors of each are
 * windows of its code that no other module has, or as few as possible.
 */
public final class ModuleOutlines {
  /** Anchors of a module: a changed byte takes one away at most. */
  private static final int MOST_ANCHORS = 4;

  /** A window that more modules have is no anchor. */
  private static final int MOST_SHARERS = 4;

  /** Windows remembered of one module, spread over its code: 64 KiB of a large one's. */
  private static final int MOST_WINDOWS = 8192;

  private record Draft(String name, int textBytes, int alike, long[] windows, int[] pages) {}

  private final List<Draft> drafts = new ArrayList<>();
  private final Map<ByteBuffer, Integer> byText = new HashMap<>();

  /** Adds the next module; its index is the number of modules before it. */
  public void add(ModuleImage module) {
    byte[] text = StableText.of(module);
    BitSet changing = StableText.changing(module);
    int alike = byText.computeIfAbsent(digest(text, changing), key -> drafts.size());
    boolean first = alike == drafts.size();
    int[] places = first ? windows(text, changing) : new int[0];
    drafts.add(
        new Draft(
            module.name(),
            text.length,
            alike,
            Arrays.stream(places)
                .mapToLong(at -> CodeWindow.digest(text, at, CodeWindow.inPage(at)))
                .toArray(),
            Arrays.stream(places).map(at -> at / PageBytes.SIZE).toArray()));
  }

  /** The outlines of all modules, in the order in which they were added. */
  public List<ModuleOutline> outlines() {
    long[] all = drafts.stream().flatMapToLong(each -> LongStream.of(each.windows)).toArray();
    Arrays.parallelSort(all);
    return drafts.stream().map(draft -> outline(draft, all)).toList();
  }

  private static ModuleOutline outline(Draft draft, long[] all) {
    int[] chosen = new int[0];
    for (int sharers = 1; sharers <= MOST_SHARERS && chosen.length < MOST_ANCHORS; sharers *= 2) {
      chosen = spread(draft, all, sharers);
    }
    return new ModuleOutline(
        draft.name,
        draft.textBytes,
        draft.alike,
        Arrays.stream(chosen).mapToLong(i -> draft.windows[i]).toArray(),
        Arrays.stream(chosen).map(i -> draft.pages[i]).toArray());
  }

  /** Evenly spread indexes of windows that at most {@code sharers} modules have. */
  private static int[] spread(Draft draft, long[] all, int sharers) {
    int[] rare = new int[draft.windows.length];
    int count = 0;
    for (int i = 0; i < rare.length; i++) {
      if (isSharedByAtMost(draft.windows[i], all, sharers)) {
        rare[count++] = i;
      }
    }
    int[] chosen = new int[Math.min(count, MOST_ANCHORS)];
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = rare[(int) ((long) i * count / chosen.length)];
    }
    return chosen;
  }

  private static boolean isSharedByAtMost(long window, long[] all, int most) {
    int at = Arrays.binarySearch(all, window);
    int from = at;
    while (from > 0 && all[from - 1] == window && at - from <= most) {
      from--;
    }
    int to = at;
    while (to + 1 < all.length && all[to + 1] == window && to - from <= most) {
      to++;
    }
    return to - from + 1 <= most;
  }

  private static int[] windows(byte[] text, BitSet changing) {
    int[] places = new int[Math.max(0, text.length / CodeWindow.STEP)];
    int count = 0;
    for (int at = 0; at + CodeWindow.BYTES <= text.length; at += CodeWindow.STEP) {
      int changed = changing.nextSetBit(at);
      boolean inOnePage = CodeWindow.inPage(at) <= PageBytes.SIZE - CodeWindow.BYTES;
      if (inOnePage && (changed < 0 || changed >= at + CodeWindow.BYTES) && isCode(text, at)) {
        places[count++] = at;
      }
    }
    if (count <= MOST_WINDOWS) {
      return Arrays.copyOf(places, count);
    }
    int[] some = new int[MOST_WINDOWS];
    for (int i = 0; i < MOST_WINDOWS; i++) {
      some[i] = places[(int) ((long) i * count / MOST_WINDOWS)];
    }
    return some;
  }

  /** Windows of one repeated byte are everywhere. */
  private static boolean isCode(byte[] text, int at) {
    for (int i = 1; i < CodeWindow.BYTES; i++) {
      if (text[at + i] != text[at]) {
        return true;
      }
    }
    return false;
  }

  private static ByteBuffer digest(byte[] text, BitSet changing) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, text.length));
      sha256.update(changing.toByteArray());
      byte[] stable = text.clone();
      changing.stream().forEach(at -> stable[at] = 0);
      return ByteBuffer.wrap(sha256.digest(stable));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
