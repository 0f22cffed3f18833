package io.plumbline.signaturestore.extract;

import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Finds the banner by which a kernel names itself in the memory of a known-good guest. One pass
 * over physical memory, so that it works wherever the kernel lies.
 *
 * <p>Memory holds several copies of the running kernel's banner (its read-only data, the log, what
 * programs read), and perhaps a banner of another kernel in some file's cached pages. Most copies
 * win; equal numbers are for a person to decide.
 */
public final class BannerReader {
  /** Different builds that are told apart; a guest's memory may be full of invented ones. */
  private static final int MOST_BUILDS = 64;

  private static final byte[] START = LinuxBanner.START.getBytes(StandardCharsets.US_ASCII);

  private final Map<BuildName, Banner> found = new HashMap<>();

  /** The frame behind the one that was looked at, which was read for what runs into it. */
  private long following = -1;

  private Optional<PageBytes> next = Optional.empty();

  private BannerReader() {}

  /**
   * The build that most banners name.
   *
   * @param pages the guest's memory
   * @param frames the frames to look at, ascending, unreadable ones included
   * @throws BannerException if there is none or two builds are named equally often
   */
  public static Banner read(PageSource pages, LongStream frames) throws BannerException {
    List<Banner> banners = all(pages, frames);
    if (banners.isEmpty()) {
      throw new BannerException("guest memory: expected a kernel's version banner, found none");
    }
    if (banners.size() > 1 && banners.get(0).copies() == banners.get(1).copies()) {
      throw new BannerException(
          banners.stream()
              .limit(5)
              .map(each -> each.name().build() + " (" + each.copies() + " times)")
              .collect(
                  Collectors.joining(
                      ", ", "guest memory: expected one kernel's version banner, found ", "")));
    }
    return banners.get(0);
  }

  /** Every build that a banner in memory names, the most frequent first. */
  public static List<Banner> all(PageSource pages, LongStream frames) {
    BannerReader reader = new BannerReader();
    frames.forEachOrdered(frame -> reader.visit(frame, pages));
    return reader.ranked();
  }

  private void visit(long frame, PageSource pages) {
    Optional<PageBytes> page = frame == following ? next : pages.read(new FrameNumber(frame));
    following = frame + 1;
    next =
        following < FrameNumber.LIMIT ? pages.read(new FrameNumber(following)) : Optional.empty();
    if (page.isPresent()) {
      look(page.get(), next);
    }
  }

  private void look(PageBytes page, Optional<PageBytes> next) {
    byte[] bytes = page.backingArray();
    int from = page.backingOffset();
    for (int at = 0; at < PageBytes.SIZE; at++) {
      if (bytes[from + at] == START[0] && startsAt(page, at, next)) {
        count(textAt(page, at, next));
      }
    }
  }

  private static boolean startsAt(PageBytes page, int at, Optional<PageBytes> next) {
    for (int i = 1; i < START.length; i++) {
      if (byteAt(page, at + i, next) != START[i]) {
        return false;
      }
    }
    return true;
  }

  /** Printable ASCII from {@code at}; a kernel's image is contiguous in physical memory. */
  private static String textAt(PageBytes page, int at, Optional<PageBytes> next) {
    StringBuilder text = new StringBuilder(256);
    for (int i = 0; i < LinuxBanner.LONGEST; i++) {
      int c = byteAt(page, at + i, next);
      if (c < ' ' || c > '~') {
        break;
      }
      text.append((char) c);
    }
    return text.toString();
  }

  /** The byte at {@code at}, which may lie in the next frame; 0 if that cannot be read. */
  private static int byteAt(PageBytes page, int at, Optional<PageBytes> next) {
    return at < PageBytes.SIZE
        ? page.byteAt(at)
        : next.map(following -> following.byteAt(at - PageBytes.SIZE)).orElse(0);
  }

  private void count(String text) {
    Optional<BuildName> name = LinuxBanner.parse(text);
    if (name.isPresent() && (found.size() < MOST_BUILDS || found.containsKey(name.get()))) {
      found.merge(
          name.get(),
          new Banner(name.get(), text, 1),
          (known, again) -> new Banner(known.name(), known.text(), known.copies() + 1));
    }
  }

  private List<Banner> ranked() {
    List<Banner> ranked = new ArrayList<>(found.values());
    ranked.sort(
        Comparator.comparingInt(Banner::copies)
            .reversed()
            .thenComparing(each -> each.name().build())
            .thenComparing(each -> each.name().version()));
    return List.copyOf(ranked);
  }
}
