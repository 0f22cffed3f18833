package io.plumbline.introspection.memory;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Pages of a guest in memory, by their frames. In blocks of neighbours: whoever looks at all of a
 * guest asks for thousands, and hardly two of them for the same place of one large table. Changes
 * are not for several threads.
 */
public final class PagesByFrame implements PageSource {
  private static final int SHIFT = 9;
  private static final int BLOCK = 1 << SHIFT;

  /** Numbers of blocks are places of an array below: the first 128 GiB. */
  private static final int MOST_NEAR = 1 << 16;

  /** Those of the blocks with low numbers, null where there is none. */
  private PageBytes[][] near = {};

  /** The others: a guest may have a page wherever its processor has addresses. */
  private final Map<Long, PageBytes[]> far = new HashMap<>();

  private int size;

  /** No pages. */
  public PagesByFrame() {}

  /** The same pages as others at this moment. */
  public PagesByFrame(PagesByFrame others) {
    near = others.near.clone();
    for (int number = 0; number < near.length; number++) {
      near[number] = near[number] == null ? null : near[number].clone();
    }
    others.far.forEach((number, block) -> far.put(number, block.clone()));
    size = others.size;
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    PageBytes[] block = block(frame.value() >>> SHIFT);
    return block == null ? Optional.empty() : Optional.ofNullable(block[placeOf(frame)]);
  }

  /** Null if it has no page. */
  private PageBytes[] block(long number) {
    if (number < near.length) {
      return near[(int) number];
    }
    return number < MOST_NEAR ? null : far.get(number);
  }

  private PageBytes[] blockToBe(long number) {
    if (number >= MOST_NEAR) {
      return far.computeIfAbsent(number, fresh -> new PageBytes[BLOCK]);
    }
    if (number >= near.length) {
      near = Arrays.copyOf(near, (int) Math.min(MOST_NEAR, number + (number >> 1) + 1));
    }
    if (near[(int) number] == null) {
      near[(int) number] = new PageBytes[BLOCK];
    }
    return near[(int) number];
  }

  private static int placeOf(FrameNumber frame) {
    return (int) frame.value() & (BLOCK - 1);
  }

  /** Takes a page in the place of what the frame held. */
  public void put(FrameNumber frame, PageBytes page) {
    PageBytes[] block = blockToBe(frame.value() >>> SHIFT);
    size += block[placeOf(frame)] == null ? 1 : 0;
    block[placeOf(frame)] = page;
  }

  /** Forgets what a frame held. */
  public void remove(FrameNumber frame) {
    PageBytes[] block = block(frame.value() >>> SHIFT);
    if (block != null && block[placeOf(frame)] != null) {
      block[placeOf(frame)] = null;
      size--;
    }
  }

  /** Forgets all pages. */
  public void clear() {
    near = new PageBytes[0][];
    far.clear();
    size = 0;
  }

  /** How many frames have content. */
  public int size() {
    return size;
  }

  /** The frames that have content, in no order. */
  public List<FrameNumber> frames() {
    return Stream.concat(
            IntStream.range(0, near.length)
                .filter(number -> near[number] != null)
                .boxed()
                .flatMap(number -> frames(number, near[number])),
            far.entrySet().stream().flatMap(each -> frames(each.getKey(), each.getValue())))
        .toList();
  }

  private static Stream<FrameNumber> frames(long number, PageBytes[] block) {
    return IntStream.range(0, BLOCK)
        .filter(place -> block[place] != null)
        .mapToObj(place -> new FrameNumber((number << SHIFT) | place));
  }
}
