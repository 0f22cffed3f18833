package io.plumbline.introspection.paging;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Gathers executable pages as the sweep meets them and joins neighbours into ranges. */
final class RunCollector {
  private record Piece(long va, long frame, long pages, int rights) {
    long end() {
      return va + pages * PageBytes.SIZE;
    }

    boolean continuedBy(long nextVa, long nextFrame, int nextRights) {
      return end() == nextVa && frame + pages == nextFrame && rights == nextRights;
    }

    ExecutableRange.Run run() {
      return new ExecutableRange.Run(new GuestVirtualAddress(va), new FrameNumber(frame), pages);
    }
  }

  private final List<Piece> pieces = new ArrayList<>();

  /** Adds pages; true if they became a piece of their own and did not extend the last one. */
  boolean add(long va, long frame, long pages, int rights) {
    int last = pieces.size() - 1;
    if (last >= 0 && pieces.get(last).continuedBy(va, frame, rights)) {
      Piece piece = pieces.get(last);
      pieces.set(last, new Piece(piece.va, piece.frame, piece.pages + pages, rights));
      return false;
    }
    pieces.add(new Piece(va, frame, pages, rights));
    return true;
  }

  List<ExecutableRange> ranges() {
    pieces.sort(Comparator.comparing(Piece::va, Long::compareUnsigned));
    List<ExecutableRange> ranges = new ArrayList<>();
    int from = 0;
    for (int next = 1; next <= pieces.size(); next++) {
      if (next == pieces.size() || !adjoin(pieces.get(next - 1), pieces.get(next))) {
        ranges.add(range(pieces.subList(from, next)));
        from = next;
      }
    }
    return ranges;
  }

  private static boolean adjoin(Piece piece, Piece next) {
    // An end of zero is the end of the address space; nothing sorts after it.
    return piece.end() == next.va && piece.rights == next.rights;
  }

  private static ExecutableRange range(List<Piece> joined) {
    Piece first = joined.get(0);
    long pages = joined.stream().mapToLong(Piece::pages).sum();
    return new ExecutableRange(
        new GuestVirtualAddress(first.va),
        pages * PageBytes.SIZE,
        Rights.of(first.rights),
        joined.stream().map(Piece::run).toList());
  }
}
