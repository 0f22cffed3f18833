package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageWords;
import io.plumbline.introspection.reach.PointerWords;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What of a guest's memory a verdict rests on: small enough to be kept for every VM of a fleet, and
 * all that it takes to tell a change that cannot lead to another verdict. Registers and signatures
 * are not in it. Immutable.
 */
public final class Relevance {
  private static final byte VERSION = 1;

  private enum Kind {
    /** Every byte counts. */
    ALL,
    /** Words that are addresses count, before or after. */
    POINTERS,
    /** Some words count. */
    WORDS
  }

  private record Part(Kind kind, PageWords words) {}

  /** By the number of the frame, ascending. */
  private final Map<Long, Part> parts;

  private final PointerWords pointers;

  private Relevance(Map<Long, Part> parts, PointerWords pointers) {
    this.parts = parts;
    this.pointers = pointers;
  }

  /** Gathers what counts. */
  static final class Gathering {
    private final TreeMap<Long, Part> parts = new TreeMap<>();
    private final PointerWords pointers;

    /**
     * @param pointers which words are some
     */
    Gathering(PointerWords pointers) {
      this.pointers = pointers;
    }

    void all(long frame) {
      parts.put(frame, new Part(Kind.ALL, PageWords.NONE));
    }

    /** Pointers count, besides what words were told of the frame. */
    void pointers(long frame) {
      parts.merge(
          frame,
          new Part(Kind.POINTERS, PageWords.NONE),
          (known, more) -> known.kind == Kind.ALL ? known : new Part(Kind.POINTERS, known.words));
    }

    void words(long frame, PageWords words) {
      parts.merge(
          frame,
          new Part(Kind.WORDS, words),
          (known, more) ->
              known.kind == Kind.ALL ? known : new Part(known.kind, known.words.and(words)));
    }

    Relevance gathered() {
      return new Relevance(parts, pointers);
    }
  }

  /** Whether a frame that holds something else now may lead to another verdict. */
  public boolean isConcernedBy(
      FrameNumber frame, Optional<PageBytes> before, Optional<PageBytes> now) {
    Part part = parts.get(frame.value());
    if (part == null) {
      return false;
    }
    if (before.isEmpty() || now.isEmpty()) {
      return before.isPresent() || now.isPresent();
    }
    PageBytes was = before.get();
    PageBytes is = now.get();
    return switch (part.kind) {
      case ALL -> !was.contentEquals(is);
      case WORDS -> part.words.anyDiffers(was, is);
      case POINTERS -> part.words.anyDiffers(was, is) || pointers.leadElsewhere(was, is);
    };
  }

  /** Frames of which something counts. */
  public int frames() {
    return parts.size();
  }

  /** The same as bytes, which {@link #of} reads: runs of frames that are alike are told once. */
  public byte[] toByteArray() {
    ByteBuffer out = ByteBuffer.allocate(2 + parts.size() * (Long.BYTES + 6 + PageWords.BYTES));
    out.put(VERSION).put((byte) (pointers.wide() ? 1 : 0));
    long first = 0;
    int length = 0;
    Part run = null;
    for (Map.Entry<Long, Part> each : parts.entrySet()) {
      boolean goesOn =
          run != null && each.getKey() == first + length && each.getValue().equals(run);
      if (!goesOn) {
        put(out, first, length, run);
        first = each.getKey();
        length = 0;
        run = each.getValue();
      }
      length++;
    }
    put(out, first, length, run);
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  private static void put(ByteBuffer out, long first, int length, Part part) {
    if (part != null) {
      boolean hasWords = !part.words.equals(PageWords.NONE);
      out.putLong(first).putInt(length);
      out.put((byte) (part.kind.compareTo(Kind.ALL) << 1 | (hasWords ? 1 : 0)));
      if (hasWords) {
        part.words.put(out);
      }
    }
  }

  /**
   * Reads what {@link #toByteArray} wrote.
   *
   * @return empty if another version did, so that everything counts
   */
  public static Optional<Relevance> of(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (in.get() != VERSION) {
      return Optional.empty();
    }
    PointerWords pointers = new PointerWords(in.get() == 1);
    TreeMap<Long, Part> parts = new TreeMap<>();
    while (in.hasRemaining()) {
      long first = in.getLong();
      int length = in.getInt();
      int kind = in.get();
      PageWords words = (kind & 1) == 1 ? PageWords.read(in) : PageWords.NONE;
      Part part = new Part(Kind.values()[kind >> 1], words);
      for (int i = 0; i < length; i++) {
        parts.put(first + i, part);
      }
    }
    return Optional.of(new Relevance(parts, pointers));
  }
}
