package io.plumbline.introspection.reach;

import java.util.stream.IntStream;

/**
 * Pages of a graph between two rounds, as few bytes: what differs from the page of the same number
 * that the kind of guest has, or all of it if the kind has no such page. Of thousands of pages most
 * are the kind's and take nothing, and a round looks at some dozens.
 */
final class PagePacking {
  private static final int ENTRIES = 1;
  private static final int EDGES = 2;
  private static final int FOLLOWED = 4;
  private static final int POINTED = 8;
  private static final ReachEdges NO_EDGES = new ReachEdges();

  private static final ThreadLocal<NumberWriter> OF_THREAD =
      ThreadLocal.withInitial(NumberWriter::new);

  private PagePacking() {}

  /**
   * What tells a page from the kind's.
   *
   * @return null if nothing does
   */
  static byte[] pack(ReachedPage page, ReachedPage kinds) {
    int differs = 0;
    differs |= page.isEnteredAs(kinds) ? 0 : ENTRIES;
    differs |= page.leadsAs(kinds) ? 0 : EDGES;
    if (page instanceof CodePage code && kinds instanceof CodePage known) {
      differs |= code.isFollowedAs(known) ? 0 : FOLLOWED;
      differs |= code.isPointedAs(known) ? 0 : POINTED;
    }
    if (differs == 0) {
      return null;
    }
    NumberWriter out = OF_THREAD.get();
    put(page, kinds, differs, out);
    return out.take();
  }

  /** All of a page that the kind does not have, its place included. */
  static byte[] pack(ReachedPage page) {
    NumberWriter out = OF_THREAD.get();
    // Of data its place in memory, of code its address, which is that of a page.
    out.put(page instanceof DataPage data ? ((long) data.memory.place() << 1) | 1 : 0);
    if (page instanceof CodePage) {
      out.putSigned(page.address / ReachPages.PAGE);
    }
    put(page, null, ENTRIES | EDGES | (page instanceof CodePage ? FOLLOWED | POINTED : 0), out);
    return out.take();
  }

  private static void put(ReachedPage page, ReachedPage kinds, int differs, NumberWriter out) {
    out.put(differs);
    if ((differs & ENTRIES) != 0) {
      ReachEdges known = kinds == null ? NO_EDGES : entries(kinds);
      new EdgePacking(entries(page), known, true).put(out);
    }
    if ((differs & EDGES) != 0) {
      ReachEdges known = kinds == null ? NO_EDGES : kinds.edges();
      new EdgePacking(page.edges(), known, false).put(out);
    }
    if (page instanceof CodePage code) {
      if ((differs & FOLLOWED) != 0) {
        code.packFollowed(out);
      }
      if ((differs & POINTED) != 0) {
        out.put(code.pointed().size());
        for (int i = 0; i < code.pointed().size(); i++) {
          out.put(code.pointed().get(i));
        }
      }
    }
  }

  private static ReachEdges entries(ReachedPage page) {
    ReachEdges entries = new ReachEdges(page.entryCount());
    for (int i = 0; i < page.entryCount(); i++) {
      entries.add(page.entry(i), 0, 0);
    }
    return entries;
  }

  /** Whether what {@link #pack(ReachedPage)} wrote is of data; its place is to be read then. */
  static boolean isData(long first) {
    return (first & 1) != 0;
  }

  /** Of a page of data its place in memory. */
  static int placeOf(long first) {
    return (int) (first >>> 1);
  }

  /**
   * Makes a page what it was.
   *
   * @param page the kind's page in this guest, or one of which nothing is known
   * @param kinds null if the kind has no such page
   */
  static void unpack(ReachedPage page, ReachedPage kinds, NumberReader in) {
    int differs = in.nextInt();
    if ((differs & ENTRIES) != 0) {
      ReachEdges entries = EdgePacking.read(in, kinds == null ? NO_EDGES : entries(kinds), true);
      page.enteredBy(IntStream.range(0, entries.size()).map(entries::target).toArray());
    }
    if ((differs & EDGES) != 0) {
      page.leadsTo(EdgePacking.read(in, kinds == null ? NO_EDGES : kinds.edges(), false));
    }
    if (page instanceof CodePage code) {
      if ((differs & FOLLOWED) != 0) {
        code.unpackFollowed(in);
      }
      if ((differs & POINTED) != 0) {
        int size = in.nextInt();
        code.pointedBy(IntStream.range(0, size).map(i -> in.nextInt()).toArray());
      }
    } else if (page instanceof DataPage data) {
      data.forgetSeen();
    }
  }
}
