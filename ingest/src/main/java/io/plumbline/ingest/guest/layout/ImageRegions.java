package io.plumbline.ingest.guest.layout;

import io.plumbline.introspection.memory.FrameNumber;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Runs of guest frames and where each lies in an image; frames outside every run are not in the
 * image. Runs do not overlap, so that a frame has one content.
 */
public final class ImageRegions {
  /** What {@link #offsetOf} says of a frame that the image does not hold. */
  public static final long ABSENT = -1;

  /**
   * A run of frames that is consecutive in the image.
   *
   * @param frames the run
   * @param offset of the first frame's first byte; in which file or block, the image's format says
   */
  public record Region(FrameRange frames, long offset) {}

  private final List<Region> regions;
  private final long[] firstFrames;

  private ImageRegions(List<Region> sorted) {
    this.regions = List.copyOf(sorted);
    this.firstFrames = sorted.stream().mapToLong(r -> r.frames().first().value()).toArray();
  }

  /** The regions in the order of their frames; no two may share a frame. */
  public static ImageRegions of(List<Region> regions) {
    List<Region> sorted = new ArrayList<>(regions);
    sorted.sort(Comparator.comparing(region -> region.frames().first()));
    overlap(sorted)
        .ifPresent(
            second -> {
              throw new IllegalArgumentException("overlapping region " + second);
            });
    return new ImageRegions(sorted);
  }

  /** A region that shares a frame with another one. */
  static Optional<Region> overlap(List<Region> regions) {
    List<Region> sorted = new ArrayList<>(regions);
    sorted.sort(Comparator.comparing(region -> region.frames().first()));
    for (int i = 1; i < sorted.size(); i++) {
      FrameRange before = sorted.get(i - 1).frames();
      Region region = sorted.get(i);
      if (region.frames().first().value() - before.first().value() < before.count()) {
        return Optional.of(region);
      }
    }
    return Optional.empty();
  }

  /** RAM that lies as one run from {@code offset} of the image. */
  public static ImageRegions of(RamLayout layout, long offset) {
    return of(
        layout.pieces().stream()
            .filter(piece -> piece.length() >>> FrameNumber.SHIFT > 0)
            .map(piece -> new Region(piece.frames(), offset + piece.ramStart()))
            .toList());
  }

  /** Where the frame's first byte lies, or {@link #ABSENT}. */
  public long offsetOf(FrameNumber frame) {
    int at = Arrays.binarySearch(firstFrames, frame.value());
    int before = at >= 0 ? at : -at - 2;
    if (before < 0) {
      return ABSENT;
    }
    Region region = regions.get(before);
    long index = frame.value() - firstFrames[before];
    return index < region.frames().count()
        ? region.offset() + (index << FrameNumber.SHIFT)
        : ABSENT;
  }

  /** The runs in ascending order. */
  public List<FrameRange> frames() {
    return regions.stream().map(Region::frames).toList();
  }

  /** Bytes of all runs. */
  public long bytes() {
    return regions.stream().mapToLong(region -> region.frames().bytes()).sum();
  }
}
