package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A random kernel: functions of a few instructions that call, jump, take addresses and go through
 * pointers, variables and objects full of pointers; and what random changes made of it.
 */
final class RandomKernel {
  private static final int PAGE = PageBytes.SIZE;
  private static final int SLOT = 32;
  private static final int CODE_PAGES = 5;
  private static final int DATA_PAGES = 3;
  private static final long TEXT = 0xffff_ffff_8100_0000L;
  private static final long FIXED = 0xffff_ffff_8200_0000L;
  private static final long VARIABLES = 0xffff_ffff_8300_0000L;
  private static final long HEAP = 0xffff_8880_0100_0000L;
  private static final long LAST = -PAGE;
  private static final byte HLT = (byte) 0xf4;
  private static final byte INT3 = (byte) 0xcc;

  private final long text;
  private final long fixed;
  private final long variables;

  /** Offsets in the image of the addresses in its code. */
  private final Set<Long> fields = new HashSet<>();

  /** The pages of read-only data as the image has them, by address. */
  private final Map<Long, byte[]> linked = new HashMap<>();

  /** Whether any page may have what is not admitted. */
  private final boolean halts;

  private final Random random;
  private final Map<Long, byte[]> pages = new HashMap<>();
  private final SyntheticGuest built;
  private final Map<Long, byte[]> byFrame = new HashMap<>();

  /** Pages of data that cannot be read at present. */
  private final Set<Long> gone = new HashSet<>();

  /**
   * @param slide how far its image is moved; the same seed makes the same image
   */
  RandomKernel(long seed, long slide) {
    random = new Random(seed);
    halts = seed % 4 == 0;
    text = TEXT + slide;
    fixed = FIXED + slide;
    variables = VARIABLES + slide;
    SyntheticGuestBuilder guest = SyntheticGuest.longMode();
    for (int page = 0; page < CODE_PAGES; page++) {
      put(guest, text + (long) page * PAGE, code(text + (long) page * PAGE), Rights.KERNEL_CODE);
    }
    for (int page = 0; page < DATA_PAGES; page++) {
      long at = fixed + (long) page * PAGE;
      byte[] data = seed % 2 == 1 ? withoutHeap(data()) : data();
      linked.put(at, data.clone());
      put(guest, at, data, Rights.KERNEL_READ_ONLY);
      put(guest, variables + (long) page * PAGE, data(), Rights.KERNEL_DATA);
      put(guest, HEAP + (long) page * PAGE, data(), Rights.KERNEL_DATA);
    }
    if (slide != 0 && seed % 4 == 3) {
      put(guest, LAST, data(), Rights.KERNEL_DATA);
    }
    guest.map(0xffff_8880_0000_0000L, guest.topTableFrame(), 1, Rights.KERNEL_DATA);
    guest.idtGate(14, text).idtGate(3, text + PAGE + SLOT);
    built = guest.build();
    pages.forEach(
        (address, bytes) -> byFrame.put(built.addressSpace().translateToFrame(address), bytes));
  }

  private void put(SyntheticGuestBuilder guest, long address, byte[] bytes, Rights rights) {
    pages.put(address, bytes);
    guest.place(address, bytes, rights);
  }

  private byte[] code(long page) {
    ByteBuffer code = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
    for (int slot = 0; slot < PAGE; slot += SLOT) {
      code.put(slot, function(page + slot));
    }
    if (!mayHalt(page)) {
      // Nor by chance, as part of a distance or an address.
      for (int at = 0; at < PAGE; at++) {
        code.put(at, code.get(at) == HLT ? (byte) (HLT + 1) : code.get(at));
      }
    }
    return code.array();
  }

  /** A function: some instructions, then a return, or it runs on into the next. */
  private byte[] function(long address) {
    fields.removeIf(field -> field >= address - text && field < address - text + SLOT);
    ByteBuffer code = ByteBuffer.allocate(SLOT).order(ByteOrder.LITTLE_ENDIAN);
    while (code.remaining() > 8) {
      long here = address + code.position();
      switch (random.nextInt(12)) {
        case 0, 1 -> code.put((byte) 0xe8).putInt((int) (anyFunction() - here - 5));
        case 2 -> code.put((byte) 0xe9).putInt((int) (anyFunction() - here - 5));
        case 3 -> code.put((byte) 0x74).put((byte) random.nextInt(16));
        case 4 -> absolute(code.put(bytes(0x48, 0xc7, 0xc1)), address, anyFunction());
        case 5 -> absolute(code.put(bytes(0xff, 0x14, 0x25)), address, anyVariable());
        case 6 -> absolute(code.put(bytes(0x48, 0x8b, 0x04, 0xfd)), address, anyVariable());
        case 7 -> absolute(code.put(bytes(0x48, 0x8b, 0x14, 0x25)), address, anyVariable());
        case 8 -> code.put((byte) 0xc3);
        case 9 -> code.put(random.nextInt(4) == 0 && mayHalt(address) ? HLT : (byte) 0x90);
        case 10 -> code.put(random.nextInt(4) == 0 ? (byte) 0x06 : (byte) 0xc3);
        default -> code.put((byte) 0xc3);
      }
    }
    while (code.hasRemaining()) {
      code.put(random.nextBoolean() ? (byte) 0x90 : INT3);
    }
    return code.array();
  }

  /** In most kernels there are pages all of which is admitted. */
  private boolean mayHalt(long address) {
    return halts || (address - text) / PAGE % 2 == 1;
  }

  private void absolute(ByteBuffer code, long start, long target) {
    fields.add(start - text + code.position());
    code.putInt((int) target);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private long anyFunction() {
    // Some lie behind the last page of code.
    int slot = random.nextInt(CODE_PAGES * PAGE / SLOT + 2);
    return text + (long) slot * SLOT + (random.nextInt(8) == 0 ? random.nextInt(SLOT) : 0);
  }

  private long anyVariable() {
    long area = random.nextBoolean() ? fixed : variables;
    return area + 8L * random.nextInt(DATA_PAGES * PAGE / 8);
  }

  private byte[] data() {
    ByteBuffer data = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < PAGE; at += Long.BYTES) {
      data.putLong(at, word());
    }
    return data.array();
  }

  /** A page of an image leads nowhere else, but some of its numbers are negative. */
  private static byte[] withoutHeap(byte[] page) {
    ByteBuffer data = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < PAGE; at += Long.BYTES) {
      long word = data.getLong(at);
      data.putLong(at, word < 0 && word < TEXT ? LAST + (word & PAGE - 1) : word);
    }
    return page;
  }

  private long word() {
    return switch (random.nextInt(24)) {
      case 0, 1 -> anyFunction();
      case 2 -> anyVariable();
      case 3 -> HEAP + 8L * random.nextInt(DATA_PAGES * PAGE / 8);
      case 4 -> HEAP + PAGE * DATA_PAGES + random.nextInt(PAGE);
      default -> random.nextInt(100);
    };
  }

  /** Changes some of a page; its address. */
  long change() {
    List<Long> addresses = new ArrayList<>(pages.keySet());
    addresses.sort(null);
    long page = addresses.get(random.nextInt(addresses.size()));
    if (!isCode(page) && random.nextInt(12) == 0 && !gone.add(page)) {
      gone.remove(page);
    }
    ByteBuffer bytes = ByteBuffer.wrap(pages.get(page)).order(ByteOrder.LITTLE_ENDIAN);
    for (int change = random.nextInt(3); change >= 0; change--) {
      if (!isCode(page)) {
        bytes.putLong(8 * random.nextInt(PAGE / 8), word());
      } else if (random.nextInt(3) == 0) {
        bytes.put(random.nextInt(PAGE), (byte) random.nextInt(256));
      } else {
        int slot = SLOT * random.nextInt(PAGE / SLOT);
        bytes.put(slot, function(page + slot));
      }
    }
    return page;
  }

  /** Changes the function that a gate leads to; the address of its page. */
  long changeEntry() {
    ByteBuffer.wrap(pages.get(text)).put(0, function(text));
    return text;
  }

  private static byte byteAt(CodeRegion region, int offset) {
    return region.bytes(offset, offset + 1)[offset];
  }

  boolean isCode(long page) {
    return page - text >= 0 && page - text < CODE_PAGES * PAGE;
  }

  GuestKernel kernel() {
    return GuestKernel.of(this::read, List.of(built.vcpu()), ExplorationBudget.STANDARD)
        .kernel()
        .orElseThrow();
  }

  Fixpoint explore(GuestKernel kernel) {
    return Fixpoint.of(
        kernel.entries(),
        kernel,
        (region, offset, length) -> length > 0 && byteAt(region, offset) != HLT,
        new Variables(kernel),
        ExplorationBudget.STANDARD);
  }

  /** Takes changes of pages over into what follows the guest. */
  boolean follow(Fixpoint fixpoint, GuestKernel kernel, Set<Long> changed) {
    for (long page : changed) {
      if (isCode(page)) {
        kernel.code().replace(page, PageBytes.wrap(pages.get(page).clone()));
      }
    }
    return kernel
        .code()
        .inRound(
            this::read,
            () ->
                fixpoint.follow(
                    changed.stream().filter(this::isCode).mapToLong(Long::longValue),
                    changed.stream().map(this::frameOf).toList(),
                    this::read));
  }

  /** What a fixpoint tells that follows this guest, also if bytes were given back. */
  Told told(Fixpoint fixpoint, GuestKernel kernel) {
    return kernel.code().inRound(this::read, () -> Told.of(fixpoint, places()));
  }

  private FrameNumber frameOf(long page) {
    return new FrameNumber(built.addressSpace().translateToFrame(page));
  }

  private Optional<PageBytes> read(FrameNumber frame) {
    byte[] page = byFrame.get(frame.value());
    if (gone.stream().anyMatch(each -> frameOf(each).equals(frame))) {
      return Optional.empty();
    }
    return page == null ? built.pages().read(frame) : Optional.of(PageBytes.wrap(page.clone()));
  }

  List<Long> places() {
    List<Long> places = new ArrayList<>();
    LongStream.range(0, CODE_PAGES * PAGE / SLOT).forEach(at -> places.add(text + at * SLOT));
    LongStream.range(0, DATA_PAGES * PAGE / 64)
        .forEach(
            at -> {
              places.add(variables + at * 64);
              places.add(fixed + at * 64);
              places.add(HEAP + at * 64);
            });
    return places;
  }

  /** Variables of 64 bytes; functions do not begin with INT3, and where one does is foreign. */
  record Variables(GuestKernel kernel) implements PointerRule {
    @Override
    public Target check(long address) {
      CodeRegion region = kernel.code().regionAt(address).orElseThrow();
      byte first = byteAt(region, region.offsetOf(address));
      return first == INT3
          ? Target.FOREIGN
          : (address & SLOT - 1) == 0 ? Target.FUNCTION : Target.INSIDE;
    }

    @Override
    public long startOf(long address) {
      return address & -64;
    }

    @Override
    public long endOf(long address) {
      return startOf(address) + 64;
    }
  }

  /** Another guest's run-time memory. */
  void renewHeap(long seed) {
    Random other = new Random(seed);
    for (int page = 0; page < DATA_PAGES; page++) {
      ByteBuffer heap = ByteBuffer.wrap(pages.get(HEAP + (long) page * PAGE));
      for (int at = 0; at < PAGE; at += Long.BYTES) {
        long word =
            switch (other.nextInt(24)) {
              case 0, 1 -> text + (long) SLOT * other.nextInt(CODE_PAGES * PAGE / SLOT);
              case 2 -> variables + 8L * other.nextInt(DATA_PAGES * PAGE / 8);
              case 3 -> HEAP + 8L * other.nextInt(DATA_PAGES * PAGE / 8);
              default -> other.nextInt(100);
            };
        heap.order(ByteOrder.LITTLE_ENDIAN).putLong(at, word);
      }
    }
  }

  CommonReach.Place place() {
    return new CommonReach.Place(text, variables - text + (long) DATA_PAGES * PAGE);
  }

  /** The same for all guests: whatever is no HLT. */
  static GatedExploration.Gate gate() {
    return new GatedExploration.Gate() {
      @Override
      public boolean admits(CodeRegion region, int offset, int length) {
        return length == 0 || byteAt(region, offset) != HLT;
      }

      @Override
      public boolean admitsAll(CodeRegion region, int offset, int length) {
        byte[] code = region.bytes(offset, offset + length);
        return IntStream.range(offset, offset + length).noneMatch(at -> code[at] == HLT);
      }
    };
  }

  /** Whether a page of code is another guest's but for addresses. */
  boolean isLike(RandomKernel first, long offset) {
    return offset < (long) CODE_PAGES * PAGE
        && first
            .likeness()
            .areAlike(offset, first.codePage(offset), 0, codePage(offset), 0, text - first.text);
  }

  /** Whether a page of read-only data is what the image has there. */
  boolean isAsLinked(long offset) {
    byte[] was = linked.get(text + offset);
    return was != null
        && !gone.contains(text + offset)
        && Arrays.equals(was, pages.get(text + offset));
  }

  private byte[] codePage(long offset) {
    return pages.get(text + offset);
  }

  /** What relocations would tell of the image. */
  CommonReach.CodeLikeness likeness() {
    Set<Long> learnt = Set.copyOf(fields);
    Map<Long, byte[]> data = Map.copyOf(linked);
    return new CommonReach.CodeLikeness() {
      @Override
      public boolean areAlike(
          long offset, byte[] one, int at, byte[] two, int otherAt, long moved) {
        return RandomKernel.areAlike(offset, one, at, two, otherAt, moved, learnt);
      }

      @Override
      public void forEachField(long offset, CommonReach.FieldVisitor visitor) {
        learnt.stream()
            .map(field -> field - offset)
            .filter(at -> at > -Integer.BYTES && at < PAGE)
            .forEach(at -> visitor.see(at.intValue(), Integer.BYTES, true));
        if (data.containsKey(text + offset)) {
          visitAddresses(data.get(text + offset), visitor);
        }
      }
    };
  }

  private static void visitAddresses(byte[] data, CommonReach.FieldVisitor visitor) {
    ByteBuffer words = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < PAGE; at += Long.BYTES) {
      if (words.getLong(at) < LAST) {
        visitor.see(at, Long.BYTES, true);
      }
    }
  }

  private static boolean areAlike(
      long offset, byte[] one, int at, byte[] two, int otherAt, long moved, Set<Long> fields) {
    ByteBuffer before = ByteBuffer.wrap(one).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer now = ByteBuffer.wrap(two).order(ByteOrder.LITTLE_ENDIAN);
    int i = 0;
    while (i < PAGE) {
      boolean field = fields.contains(offset + i);
      boolean alike =
          field
              ? now.getInt(otherAt + i) - before.getInt(at + i) == (int) moved
              : one[at + i] == two[otherAt + i];
      if (!alike) {
        return false;
      }
      i += field ? Integer.BYTES : 1;
    }
    return true;
  }
}
