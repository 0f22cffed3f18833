package io.plumbline.introspection.testing;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.SiteIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Illegal changes of a guest's kernel, by class of byte: single bytes anywhere, and whole sites put
 * back to what the file has, which is legal in some boot but not in this one.
 */
public final class ImageMutations {
  private static final int TRIES = 200;

  /** Where what the file has stays legal: nothing traced yet, no counted call yet. */
  private static final Set<String> LEGAL_IN_FILE = Set.of("tracer's call", "call counting thunk");

  /**
   * One change.
   *
   * @param kind the class of byte
   * @param place in the layout of the image
   * @param bytes what is written there
   */
  public record Mutation(String kind, int place, byte[] bytes) {}

  private final ImageVerifier verifier;
  private final ImageLayout layout;
  private final byte[] relocated;
  private final byte[] guest;
  private final long slide;

  /**
   * Changes of a clean guest.
   *
   * @param guest its image in the layout's places
   */
  public ImageMutations(ImageVerifier verifier, byte[] guest, long slide) {
    this.verifier = verifier;
    this.layout = verifier.layout();
    this.guest = guest;
    this.slide = slide;
    this.relocated = new byte[layout.bytes()];
    layout.relocateInto(relocated, slide);
  }

  /** Up to {@code count} changes of every class that the image has. */
  public Map<String, List<Mutation>> draw(Random random, int count) {
    Map<String, List<Mutation>> drawn = new LinkedHashMap<>();
    for (SiteIndex index : verifier.rules().indexes()) {
      put(drawn, index.mechanism() + ", one byte", bytesOf(index, random, count));
      if (!LEGAL_IN_FILE.contains(index.mechanism())) {
        put(drawn, index.mechanism() + ", as in the file", unpatched(index, random, count));
      }
    }
    put(drawn, "plain text, one byte", plain(0, layout.textBytes(), random, count));
    int start = verifier.writtenAtBoot()[0];
    int end = verifier.writtenAtBoot()[1];
    put(drawn, "read-only data, one byte", plain(layout.textBytes(), start, random, count));
    put(
        drawn,
        "read-only data behind, one byte",
        plain(end, layout.verifiedBytes(), random, count));
    int[] tables = verifier.sortedTables();
    put(drawn, "jump table, one byte", plain(tables[0], tables[1], random, count));
    put(drawn, "static call table, one byte", plain(tables[2], tables[3], random, count));
    put(drawn, "pointer written at boot, into a function", pointers(start, end, random, count));
    return drawn;
  }

  private static void put(
      Map<String, List<Mutation>> drawn, String kind, List<Mutation> mutations) {
    if (!mutations.isEmpty()) {
      drawn.put(kind, mutations);
    }
  }

  private List<Mutation> bytesOf(SiteIndex index, Random random, int count) {
    List<Mutation> drawn = new ArrayList<>();
    for (int i = 0; i < count && index.size() > 0; i++) {
      int site = random.nextInt(index.size());
      int place = index.start(site) + random.nextInt(Math.max(1, index.length(site)));
      if (place < layout.textBytes()) {
        drawn.add(changed(index.mechanism() + ", one byte", place, random));
      }
    }
    return drawn;
  }

  private Mutation changed(String kind, int place, Random random) {
    byte value = (byte) (guest[place] + 1 + random.nextInt(255));
    return new Mutation(kind, place, new byte[] {value});
  }

  private List<Mutation> unpatched(SiteIndex index, Random random, int count) {
    List<Mutation> drawn = new ArrayList<>();
    for (int i = 0; i < count * TRIES && drawn.size() < count && index.size() > 0; i++) {
      int site = random.nextInt(index.size());
      int from = index.start(site);
      int to = from + index.length(site);
      if (to <= layout.textBytes() && !Arrays.equals(relocated, from, to, guest, from, to)) {
        byte[] bytes = Arrays.copyOfRange(relocated, from, to);
        drawn.add(new Mutation(index.mechanism() + ", as in the file", from, bytes));
      }
    }
    return drawn;
  }

  private List<Mutation> plain(int from, int to, Random random, int count) {
    List<Mutation> drawn = new ArrayList<>();
    for (int i = 0; i < count * TRIES && drawn.size() < count && to > from; i++) {
      int place = from + random.nextInt(to - from);
      if (place >= layout.textBytes() || verifier.rules().siteAt(place).isEmpty()) {
        drawn.add(changed("plain", place, random));
      }
    }
    return drawn;
  }

  private List<Mutation> pointers(int from, int to, Random random, int count) {
    List<Mutation> drawn = new ArrayList<>();
    long text = layout.base() + slide;
    int[] tables = verifier.sortedTables();
    for (int i = 0; i < count * TRIES && drawn.size() < count && to > from; i++) {
      int place = from + random.nextInt(to - from) & -Long.BYTES;
      long offset = Bytes.longAt(guest, place) - text;
      boolean table =
          (place >= tables[0] && place < tables[1]) || (place >= tables[2] && place < tables[3]);
      if (!table && place >= from && layout.names().isEntry(offset)) {
        long inside = offset + 1 + random.nextInt(8);
        if (!layout.names().isEntry(inside)) {
          byte[] bytes = new byte[Long.BYTES];
          Bytes.putLong(bytes, 0, text + inside);
          drawn.add(new Mutation("pointer", place, bytes));
        }
      }
    }
    return drawn;
  }

  /**
   * The guest's memory with changes.
   *
   * @param frames frame of each page of the layout
   */
  public PageSource apply(List<Mutation> mutations, long[] frames, PageSource memory) {
    Map<Long, byte[]> changed = new HashMap<>();
    for (Mutation mutation : mutations) {
      for (int i = 0; i < mutation.bytes.length; i++) {
        int place = mutation.place + i;
        long frame = frames[place / PageBytes.SIZE];
        byte[] page =
            changed.computeIfAbsent(
                frame, f -> memory.read(new FrameNumber(f)).orElseThrow().toByteArray());
        page[place % PageBytes.SIZE] = mutation.bytes[i];
      }
    }
    Map<Long, PageBytes> pages = new HashMap<>();
    changed.forEach((frame, bytes) -> pages.put(frame, PageBytes.wrap(bytes)));
    return frame -> {
      PageBytes page = pages.get(frame.value());
      return page == null ? memory.read(frame) : Optional.of(page);
    };
  }
}
