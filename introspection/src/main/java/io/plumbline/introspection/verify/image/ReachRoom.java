package io.plumbline.introspection.verify.image;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The room that a process has for what guests have in common: so many kinds of guests, of whatever
 * builds, those that were used last. For any thread.
 */
final class ReachRoom {
  /** What one takes: the content of the pages that it was made of, and the ways between them. */
  private static final long BYTES = 40L << 20;

  /** The part of the heap that may be taken. */
  private static final int PART = 12;

  private final int most;
  private final Map<GuestKind, CommonReaches> kinds = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param most kinds, 0 for none
   */
  ReachRoom(int most) {
    this.most = most;
  }

  /** As much as a part of this process's heap holds. */
  static ReachRoom ofThisProcess() {
    return new ReachRoom((int) Math.max(1, Runtime.getRuntime().maxMemory() / PART / BYTES));
  }

  /** Whether there is any. */
  boolean isAny() {
    return most > 0;
  }

  /** The kinds of one build, the one that was used last at the end. */
  synchronized List<GuestKind> of(CommonReaches build) {
    List<GuestKind> own = new ArrayList<>();
    kinds.forEach(
        (kind, owner) -> {
          if (owner.equals(build)) {
            own.add(kind);
          }
        });
    return own;
  }

  /** Takes note that a kind of a build is used; another goes if there is no more room. */
  synchronized void use(GuestKind kind, CommonReaches build) {
    kinds.put(kind, build);
    if (kinds.size() > most) {
      kinds.remove(kinds.keySet().iterator().next());
    }
  }
}
