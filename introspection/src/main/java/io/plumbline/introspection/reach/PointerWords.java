package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Which words of data may be addresses of the kernel.
 *
 * @param wide whether they have 64 bits, of which the upper one is set: the kernel has the upper
 *     half
 */
public record PointerWords(boolean wide) {
  /** Numbers below are no addresses; one of the upper half never is below. */
  private static final long LOWEST = 1 << 16;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** Bytes of a word. */
  public int bytes() {
    return wide ? Long.BYTES : Integer.BYTES;
  }

  /** The word at an offset of a page, with zeros before it if it is short. */
  public long at(PageBytes page, int offset) {
    return wide ? page.longAt(offset) : page.intAt(offset) & 0xffff_ffffL;
  }

  /** Whether a word may be an address of the kernel. */
  public boolean mayLead(long word) {
    return (word < 0 || !wide) && Long.compareUnsigned(word, LOWEST) >= 0;
  }

  /** Blocks of 64 words that a page has. */
  int blocks() {
    return PageBytes.SIZE / bytes() / Long.SIZE;
  }

  /**
   * Which words of a block may be addresses of the kernel; most are none.
   *
   * @return the lowest bit is the block's first word
   */
  long leading(PageBytes page, int block) {
    byte[] array = page.backingArray();
    int at = page.backingOffset() + block * Long.SIZE * bytes();
    long leading = 0;
    if (wide) {
      for (int word = 0; word < Long.SIZE; word++) {
        leading |= (long) LONG.get(array, at + word * Long.BYTES) >>> (Long.SIZE - 1) << word;
      }
    } else {
      for (int word = 0; word < Long.SIZE; word++) {
        int value = (int) INT.get(array, at + word * Integer.BYTES);
        leading |= mayLead(value & 0xffff_ffffL) ? 1L << word : 0;
      }
    }
    return leading;
  }

  /** Whether a page has another pointer now, or lost one. */
  public boolean leadElsewhere(PageBytes before, PageBytes now) {
    for (int block = 0; block < blocks(); block++) {
      long either = leading(before, block) | leading(now, block);
      for (; either != 0; either &= either - 1) {
        int offset = offset(block, either);
        if (at(before, offset) != at(now, offset)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Offset in the page of the first of some words of a block. */
  int offset(int block, long words) {
    return (block * Long.SIZE + Long.numberOfTrailingZeros(words)) * bytes();
  }
}
