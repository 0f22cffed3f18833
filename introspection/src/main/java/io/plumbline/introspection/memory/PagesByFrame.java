package io.plumbline.introspection.memory;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Pages of a guest in memory, by their frames. In blocks of neighbours: whoever looks at all of a
 * guest asks for thousands, and hardly two of them for the same place of one large table. Changes
 * are not for several threads.
 */
public final class PagesByFrame implements PageSource {
  private static final int SHIFT = 9;
  private static final int BLOCK = 1 << SHIFT;

  private final Map<Long, PageBytes[]> blocks = new HashMap<>();
  private int size;

  /** No pages. */
  public PagesByFrame() {}

  /** The same pages as others at this moment. */
  public PagesByFrame(PagesByFrame others) {
    others.blocks.forEach((number, block) -> blocks.put(number, block.clone()));
    size = others.size;
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    PageBytes[] block = blocks.get(frame.value() >>> SHIFT);
    return block == null ? Optional.empty() : Optional.ofNullable(block[placeOf(frame)]);
  }

  private static int placeOf(FrameNumber frame) {
    return (int) frame.value() & (BLOCK - 1);
  }

  /** Takes a page in the place of what the frame held. */
  public void put(FrameNumber frame, PageBytes page) {
    PageBytes[] block =
        blocks.computeIfAbsent(frame.value() >>> SHIFT, fresh -> new PageBytes[BLOCK]);
    size += block[placeOf(frame)] == null ? 1 : 0;
    block[placeOf(frame)] = page;
  }

  /** Forgets what a frame held. */
  public void remove(FrameNumber frame) {
    PageBytes[] block = blocks.get(frame.value() >>> SHIFT);
    if (block != null && block[placeOf(frame)] != null) {
      block[placeOf(frame)] = null;
      size--;
    }
  }

  /** Forgets all pages. */
  public void clear() {
    blocks.clear();
    size = 0;
  }

  /** How many frames have content. */
  public int size() {
    return size;
  }

  /** The frames that have content, in no order. */
  public List<FrameNumber> frames() {
    return blocks.entrySet().stream()
        .flatMap(
            block ->
                IntStream.range(0, BLOCK)
                    .filter(place -> block.getValue()[place] != null)
                    .mapToObj(place -> new FrameNumber((block.getKey() << SHIFT) | place)))
        .toList();
  }
}
