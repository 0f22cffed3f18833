package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.MappedPage;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.testing.SyntheticKernel;
import io.plumbline.introspection.verify.module.SyntheticModule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A valid guest that hostile ones are made from, and where in it the things are that matter.
 *
 * @param content its first frames
 * @param pages its mappings of 4 KiB
 * @param tables the frames of page tables by level; none at index 0
 */
record GuestTemplate(
    String name,
    byte[] content,
    VcpuState vcpu,
    List<MappedPage> pages,
    List<List<Integer>> tables,
    boolean longMode,
    int entryBytes) {
  private static final int MOST_FRAMES = 128;
  private static final int GIB_LEVEL = 3;
  private static final long DIRECT_MAP = 0xffff_8880_0000_0000L;

  static final SyntheticImage IMAGE = SyntheticImage.classic();
  static final SyntheticModule MODULE = new SyntheticModule("one", "6.1.0-test", 1);
  static final SyntheticKernel KERNEL = SyntheticKernel.longMode(1);

  /** One for each paging mode, and guests whose build is known from its package. */
  static List<GuestTemplate> all() {
    return List.of(
        packaged("package", SyntheticGuest.longMode()),
        packaged("package, five levels", SyntheticGuest.fiveLevel()),
        enrolled("four levels", SyntheticGuest.longMode()),
        enrolled("five levels", SyntheticGuest.fiveLevel()),
        of("PAE", 3, 8, SyntheticGuest.pae(), SyntheticKernel.protectedMode(2)),
        of("32 bits", 2, 4, SyntheticGuest.bits32(), SyntheticKernel.protectedMode(2)));
  }

  private static GuestTemplate packaged(String name, SyntheticGuestBuilder builder) {
    return of(name, levels(name), 8, builder, () -> IMAGE.guest(MODULE.load(builder, IMAGE)));
  }

  private static GuestTemplate enrolled(String name, SyntheticGuestBuilder builder) {
    // Page tables take the lowest frames, so that what maps all memory maps the rest as well.
    builder.map(DIRECT_MAP, 0, GIB_LEVEL, Rights.KERNEL_DATA);
    return of(name, levels(name), 8, builder, KERNEL);
  }

  private static int levels(String name) {
    return name.contains("five") ? 5 : 4;
  }

  private static GuestTemplate of(
      String name, int levels, int entryBytes, SyntheticGuestBuilder builder, SyntheticKernel of) {
    return of(name, levels, entryBytes, builder, () -> of.place(builder, of.usualBase()).build());
  }

  private static GuestTemplate of(
      String name,
      int levels,
      int entryBytes,
      SyntheticGuestBuilder builder,
      Supplier<SyntheticGuest> build) {
    SyntheticGuest guest = build.get();
    List<MappedPage> small =
        guest.mapped().stream().filter(page -> page.size() == PageBytes.SIZE).toList();
    List<List<Integer>> tables = new ArrayList<>();
    IntStream.rangeClosed(0, levels).forEach(level -> tables.add(tables(level, small, builder)));
    return new GuestTemplate(
        name, content(guest), guest.vcpu(), small, tables, levels > 3, entryBytes);
  }

  private static List<Integer> tables(
      int level, List<MappedPage> pages, SyntheticGuestBuilder builder) {
    TreeSet<Integer> frames = new TreeSet<>();
    if (level > 0) {
      pages.forEach(page -> frames.add((int) builder.tableFrame(page.va(), level)));
    }
    return List.copyOf(frames);
  }

  private static byte[] content(SyntheticGuest guest) {
    byte[] all = new byte[MOST_FRAMES * PageBytes.SIZE];
    int used = 0;
    for (int frame = 0; frame < MOST_FRAMES; frame++) {
      Optional<PageBytes> page = guest.pages().read(new FrameNumber(frame));
      if (page.isPresent() && !page.get().isZero()) {
        page.get().copyTo(0, all, frame * PageBytes.SIZE, PageBytes.SIZE);
        used = frame + 1;
      }
    }
    return Arrays.copyOf(all, used * PageBytes.SIZE);
  }

  /** Levels of its page tables. */
  int levels() {
    return tables.size() - 1;
  }
}
