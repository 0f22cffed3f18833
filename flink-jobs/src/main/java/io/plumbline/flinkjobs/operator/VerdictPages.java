package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The pages of one VM for the time of one verdict. The core reads a page table's page thousands of
 * times, and each read of RocksDB is a copy; so what was read stays, up to a bound.
 */
final class VerdictPages implements PageSource {
  /** 64 MiB at most: three times the kernel pages of a Debian cloud guest. */
  private static final int MOST_PAGES = 16_384;

  private final PageSource stored;
  private final Map<FrameNumber, Optional<PageBytes>> read = new HashMap<>();

  VerdictPages(PageSource stored) {
    this.stored = stored;
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    Optional<PageBytes> known = read.get(frame);
    if (known != null) {
      return known;
    }
    Optional<PageBytes> page = stored.read(frame);
    if (read.size() < MOST_PAGES) {
      read.put(frame, page);
    }
    return page;
  }
}
