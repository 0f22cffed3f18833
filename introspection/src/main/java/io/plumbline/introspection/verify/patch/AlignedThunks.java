package io.plumbline.introspection.verify.patch;

import java.util.Arrays;
import java.util.OptionalLong;

/**
 * Thunks of one indirect jump whose last byte lies in the upper half of its cache line (kernel
 * {@code arch/x86/kernel/alternative.c}, its_allocate_thunk and its_init_thunk): one for each site,
 * in pages of their own, or, from early boot, the image's own for each register.
 */
public final class AlignedThunks {
  /** The bit of an address that tells the halves of a cache line of 64 bytes apart. */
  private static final int UPPER_HALF = 0x20;

  private static final int PREFIX = 0x41;
  private static final int INDIRECT = 0xff;
  private static final int JUMP = 0xe0;
  private static final int INT3 = 0xcc;

  private final long[] own;

  AlignedThunks(ImageLayout layout, String[] registers) {
    own =
        Arrays.stream(registers)
            .map(register -> layout.names().find("__x86_indirect_its_thunk_" + register))
            .mapToLong(found -> found.orElse(Long.MIN_VALUE))
            .toArray();
  }

  static boolean isLowerHalf(long address) {
    return (address & UPPER_HALF) == 0;
  }

  /** Where a site of {@code register} leads: to what the guest has if that is a true thunk. */
  long target(Rewriting text, int field, int register) {
    if (text.inGuest(field)) {
      long target = text.target(text.guest(), field);
      if (isThunk(text, target, register)) {
        return target;
      }
    }
    return own[register];
  }

  /** Whether a thunk of {@code register} lies at {@code offset} from the image's base. */
  boolean isThunk(Rewriting text, long offset, int register) {
    if (offset == own[register]) {
      return true;
    }
    if (text.layout().holdsText(offset) || text.kernel().layout().holdsText(offset)) {
      return false;
    }
    long address = text.addressOf(offset);
    int length = lengthOf(register);
    OptionalLong code = text.wordAt(address);
    if (code.isEmpty() || isLowerHalf(address + length - 1)) {
      return false;
    }
    long mask = (1L << (length * Byte.SIZE)) - 1;
    return (code.getAsLong() & mask) == thunk(register);
  }

  private static int lengthOf(int register) {
    return 3 + register / 8;
  }

  /** The jump and INT3, little-endian. */
  private static long thunk(int register) {
    long jump = INDIRECT | ((long) (JUMP + register % 8) << 8) | ((long) INT3 << 16);
    return register < 8 ? jump : PREFIX | (jump << 8);
  }

  /** Whether a page holds thunks and INT3 and nothing else. */
  public static boolean fill(byte[] page) {
    int found = 0;
    for (int at = 0; at < page.length; at++) {
      if (page[at] != (byte) INT3) {
        int length = page[at] == PREFIX ? 4 : 3;
        if (!isAnyThunk(page, at, length)) {
          return false;
        }
        found++;
        at += length - 1;
      }
    }
    return found > 0;
  }

  private static boolean isAnyThunk(byte[] page, int at, int length) {
    int jump = at + length - 3;
    return at + length <= page.length
        && page[jump] == (byte) INDIRECT
        && (page[jump + 1] & 0xf8) == JUMP
        && page[jump + 2] == (byte) INT3
        && !isLowerHalf(at + length - 1);
  }
}
