package io.plumbline.ingest.capture;

import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.GeneralRegisters;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/** A guest of a few frames that changes by chance: writes, clears, losses and returns of pages. */
public final class ToyGuest implements PageSource {
  /** Frames of the guest. */
  public static final int FRAMES = 64;

  /** When its first round is. */
  public static final Instant START = Instant.parse("2026-11-01T10:00:00Z");

  private final TreeMap<Long, byte[]> pages = new TreeMap<>();
  private final Random random;

  /** A guest with every frame filled by chance. */
  public ToyGuest(long seed) {
    random = new Random(seed);
    for (long frame = 0; frame < FRAMES; frame++) {
      byte[] page = new byte[PageBytes.SIZE];
      if (random.nextBoolean()) {
        random.nextBytes(page);
      }
      pages.put(frame, page);
    }
  }

  /** All frames that it can ever have. */
  public static FrameSet ram() {
    return FrameSet.range(new FrameNumber(0), FRAMES);
  }

  /** Lets some time pass. */
  public void live() {
    for (int event = random.nextInt(12); event > 0; event--) {
      long frame = random.nextInt(FRAMES);
      switch (random.nextInt(6)) {
        case 0 -> pages.put(frame, new byte[PageBytes.SIZE]);
        case 1 -> pages.remove(frame);
        case 2 -> write(frame, PageBytes.SIZE);
        default -> write(frame, 1 + random.nextInt(100));
      }
    }
  }

  /** Writes one byte. */
  public void poke(long frame, int offset, int value) {
    byte[] page = pages.get(frame).clone();
    page[offset] = (byte) value;
    pages.put(frame, page);
  }

  /** Makes a frame unreadable. */
  public void lose(long frame) {
    pages.remove(frame);
  }

  private void write(long frame, int length) {
    byte[] page = pages.getOrDefault(frame, new byte[PageBytes.SIZE]).clone();
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    System.arraycopy(bytes, 0, page, random.nextInt(PageBytes.SIZE + 1 - length), length);
    pages.put(frame, page);
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    return Optional.ofNullable(pages.get(frame.value())).map(PageBytes::wrap);
  }

  /** Two vCPUs full of random registers, the second without what an ELF core lacks. */
  public static List<VcpuState> vcpus(long seed) {
    Random random = new Random(seed);
    return List.of(vcpu(0, random, true), vcpu(1, random, false));
  }

  private static VcpuState vcpu(int index, Random r, boolean complete) {
    return new VcpuState(
        index,
        new ControlRegisters(r.nextLong(), r.nextLong(), r.nextLong(), r.nextLong()),
        new GeneralRegisters(
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong(),
            r.nextLong()),
        segment(r),
        segment(r),
        segment(r),
        segment(r),
        segment(r),
        segment(r),
        segment(r),
        segment(r),
        new DescriptorTable(new GuestVirtualAddress(r.nextLong()), r.nextInt(65536)),
        new DescriptorTable(new GuestVirtualAddress(r.nextLong()), r.nextInt(65536)),
        complete
            ? Optional.of(
                new ModelSpecificRegisters(
                    r.nextLong(),
                    r.nextLong(),
                    r.nextLong(),
                    r.nextLong(),
                    r.nextLong(),
                    r.nextLong(),
                    r.nextLong(),
                    r.nextLong(),
                    r.nextLong()))
            : Optional.empty(),
        complete
            ? Optional.of(
                new DebugRegisters(
                    r.nextLong(),
                    r.nextLong(),
                    r.nextLong(),
                    r.nextLong(),
                    r.nextLong(),
                    r.nextLong()))
            : Optional.empty());
  }

  private static Segment segment(Random r) {
    return new Segment(r.nextInt(65536), r.nextLong(), r.nextLong(), r.nextInt());
  }
}
