package io.plumbline.introspection.testing;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Guest physical memory that exists where it was written; elsewhere in RAM it is zero. */
final class SyntheticMemory implements PageSource {
  /** 256 MiB. */
  static final long RAM_FRAMES = 1 << 16;

  private final Map<Long, byte[]> frames = new TreeMap<>();
  private final Set<Long> unreadable = new HashSet<>();
  private long nextFree = 1;

  SyntheticMemory() {}

  /** A copy that later writes to the original do not change. */
  SyntheticMemory(SyntheticMemory original) {
    original.frames.forEach((frame, bytes) -> frames.put(frame, bytes.clone()));
    unreadable.addAll(original.unreadable);
    nextFree = original.nextFree;
  }

  /** Takes {@code count} frames that nothing uses, the first at a multiple of {@code count}. */
  long allocate(long count) {
    long first = (nextFree + count - 1) / count * count;
    nextFree = first + count;
    return first;
  }

  void forget(long frame) {
    unreadable.add(frame);
  }

  void write(long address, byte[] bytes) {
    for (int index = 0; index < bytes.length; index++) {
      long at = address + index;
      frame(at >>> 12)[(int) at & 0xfff] = bytes[index];
    }
  }

  long entry(long address, int bytes) {
    ByteBuffer frame = buffer(address >>> 12);
    int offset = (int) address & 0xfff;
    return bytes == Long.BYTES ? frame.getLong(offset) : frame.getInt(offset) & 0xffff_ffffL;
  }

  void entry(long address, int bytes, long value) {
    ByteBuffer frame = buffer(address >>> 12);
    int offset = (int) address & 0xfff;
    if (bytes == Long.BYTES) {
      frame.putLong(offset, value);
    } else {
      frame.putInt(offset, (int) value);
    }
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    long number = frame.value();
    if (unreadable.contains(number)) {
      return Optional.empty();
    }
    byte[] bytes = frames.get(number);
    if (bytes != null) {
      return Optional.of(PageBytes.wrap(bytes));
    }
    return number < RAM_FRAMES ? Optional.of(PageBytes.ZERO) : Optional.empty();
  }

  private byte[] frame(long number) {
    return frames.computeIfAbsent(number, absent -> new byte[PageBytes.SIZE]);
  }

  private ByteBuffer buffer(long number) {
    return ByteBuffer.wrap(frame(number)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
