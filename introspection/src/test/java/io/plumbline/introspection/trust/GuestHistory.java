package io.plumbline.introspection.trust;

import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * A guest that something happens to: pages are written and mapped elsewhere, registers change,
 * tasks are switched, and some of it is undone.
 */
final class GuestHistory implements PageSource {
  private static final int PAGE = PageBytes.SIZE;
  private static final int FRAMES = 48;
  private static final int TASKS = 4;
  private static final long DIRECT_MAP = 0xffff_8880_0000_0000L;
  private static final long KERNEL = SyntheticImage.BASE + SyntheticImage.SLIDE;

  /** In the lower half, behind the second entry of the top table. */
  private static final long TASKS_OWN = 0x80_0000_1000L;

  private final Random random;
  private final SyntheticGuest built;
  private final Map<Long, byte[]> written = new HashMap<>();
  private final List<Long> frames = new ArrayList<>();
  private VcpuState vcpu;

  /** The kernel, which holds a number whose entry in the top table is each task's own. */
  static SyntheticImage image() {
    return SyntheticImage.classic().holding(TASKS_OWN);
  }

  GuestHistory(long seed) {
    random = new Random(seed);
    SyntheticGuestBuilder guest = SyntheticGuest.longMode();
    // Kernels have their own page tables in reach.
    guest.map(DIRECT_MAP, guest.topTableFrame(), 1, Rights.KERNEL_DATA);
    for (long task = 0; task < TASKS; task++) {
      guest.map(DIRECT_MAP + (1L + task) * PAGE, FRAMES + task, 1, Rights.KERNEL_DATA);
    }
    built = image().guest(guest);
    vcpu = built.vcpu();
    // Page tables and what they map lie in the first frames.
    for (long frame = 0; frame < FRAMES + TASKS; frame++) {
      frames.add(frame);
    }
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    byte[] page = written.get(frame.value());
    return page == null ? built.pages().read(frame) : Optional.of(PageBytes.wrap(page));
  }

  /** Something happens; frames that changed are added to {@code changed}. */
  void happen(Set<FrameNumber> changed) {
    switch (random.nextInt(12)) {
      case 0 -> undo(changed);
      case 1 -> vcpu = random.nextBoolean() ? built.vcpu() : moved();
      case 2 -> switchTask(changed);
      case 3 -> run();
      case 4, 5 -> write(any(), random.nextInt(PAGE / 8) * 8, word(), changed);
      case 6, 7 -> flip(any(), changed);
      default -> flipUsed(changed);
    }
  }

  private void undo(Set<FrameNumber> changed) {
    List<Long> all = new ArrayList<>(written.keySet());
    all.sort(null);
    for (long frame : random.nextBoolean() ? all : all.subList(0, Math.min(1, all.size()))) {
      written.remove(frame);
      changed.add(new FrameNumber(frame));
    }
  }

  private VcpuState moved() {
    SyntheticGuestBuilder other = SyntheticGuest.longMode();
    other.lstar(KERNEL + random.nextInt(0x400));
    return image().guest(other).vcpu();
  }

  /**
   * Another task runs, whose top table has the same upper half, and its own below. Where the last
   * one had it, there may be anything by then.
   */
  void switchTask(Set<FrameNumber> changed) {
    long from = vcpu.control().cr3() >>> FrameNumber.SHIFT;
    long to = (long) FRAMES + random.nextInt(TASKS);
    byte[] top = copy(from);
    ByteBuffer.wrap(top).order(ByteOrder.LITTLE_ENDIAN).putLong(8, 0x1000L * random.nextInt(3));
    put(to, top, changed);
    if (from != to && random.nextBoolean()) {
      put(from, new byte[PAGE], changed);
    }
    withCr3(to << FrameNumber.SHIFT);
  }

  private void withCr3(long cr3) {
    ControlRegisters control = vcpu.control();
    vcpu = vcpu.with(new ControlRegisters(control.cr0(), control.cr2(), cr3, control.cr4()));
  }

  /** Code runs: it faults somewhere. */
  void run() {
    ControlRegisters control = vcpu.control();
    vcpu =
        vcpu.with(
            new ControlRegisters(control.cr0(), random.nextLong(), control.cr3(), control.cr4()));
  }

  private long any() {
    return frames.get(random.nextInt(frames.size()));
  }

  private void flip(long frame, Set<FrameNumber> changed) {
    byte[] page = copy(frame);
    page[random.nextInt(PAGE)] ^= (byte) (1 + random.nextInt(255));
    put(frame, page, changed);
  }

  /** Changes a byte that is something already: most of a page is empty. */
  private void flipUsed(Set<FrameNumber> changed) {
    long frame = any();
    byte[] page = copy(frame);
    for (int tries = 0; tries < 64; tries++) {
      int at = random.nextInt(PAGE);
      if (page[at] != 0) {
        page[at] ^= (byte) (1 << random.nextInt(8));
        put(frame, page, changed);
        return;
      }
    }
  }

  private long word() {
    return switch (random.nextInt(4)) {
      case 0 -> KERNEL + random.nextInt(0x2000);
      case 1 -> 0xffff_a000_0000_0000L + random.nextInt(1 << 16);
      case 2 -> any() << 12 | 0x63;
      default -> random.nextInt(1000);
    };
  }

  void write(long frame, int at, long word, Set<FrameNumber> changed) {
    byte[] page = copy(frame);
    ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN).putLong(at, word);
    put(frame, page, changed);
  }

  byte[] copy(long frame) {
    return read(new FrameNumber(frame)).orElseThrow().toByteArray();
  }

  void put(long frame, byte[] page, Set<FrameNumber> changed) {
    written.put(frame, page);
    changed.add(new FrameNumber(frame));
  }

  /** What every frame holds, which does not change any more. */
  Map<FrameNumber, Optional<PageBytes>> all() {
    Map<FrameNumber, Optional<PageBytes>> all = new HashMap<>();
    for (long frame : frames) {
      all.put(new FrameNumber(frame), read(new FrameNumber(frame)));
    }
    return all;
  }

  Guest guest() {
    return new Guest("vm", this, List.of(vcpu));
  }

  VcpuState vcpu() {
    return vcpu;
  }
}
