package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The law of a fixpoint that follows its guest: whatever changed, in whatever portions, it tells
 * what an exploration of the last state tells. Guests are random: functions of a few instructions
 * that call, jump, take addresses and go through pointers, variables and objects full of pointers.
 */
class FollowedReachTest {
  private static final int PAGE = PageBytes.SIZE;
  private static final int SLOT = 32;
  private static final int CODE_PAGES = 5;
  private static final int DATA_PAGES = 3;
  private static final long TEXT = 0xffff_ffff_8100_0000L;
  private static final long FIXED = 0xffff_ffff_8200_0000L;
  private static final long VARIABLES = 0xffff_ffff_8300_0000L;
  private static final long HEAP = 0xffff_8880_0100_0000L;
  private static final byte HLT = (byte) 0xf4;
  private static final byte INT3 = (byte) 0xcc;

  /** One guest with its random changes, and what it holds now. */
  private static final class History {
    private final Random random;
    private final Map<Long, byte[]> pages = new HashMap<>();
    private final SyntheticGuest built;
    private final Map<Long, byte[]> byFrame = new HashMap<>();

    /** Pages of data that cannot be read at present. */
    private final Set<Long> gone = new HashSet<>();

    History(long seed) {
      random = new Random(seed);
      SyntheticGuestBuilder guest = SyntheticGuest.longMode();
      for (int page = 0; page < CODE_PAGES; page++) {
        put(guest, TEXT + (long) page * PAGE, code(TEXT + (long) page * PAGE), Rights.KERNEL_CODE);
      }
      for (int page = 0; page < DATA_PAGES; page++) {
        put(guest, FIXED + (long) page * PAGE, data(), Rights.KERNEL_READ_ONLY);
        put(guest, VARIABLES + (long) page * PAGE, data(), Rights.KERNEL_DATA);
        put(guest, HEAP + (long) page * PAGE, data(), Rights.KERNEL_DATA);
      }
      guest.map(0xffff_8880_0000_0000L, guest.topTableFrame(), 1, Rights.KERNEL_DATA);
      guest.idtGate(14, TEXT).idtGate(3, TEXT + PAGE + SLOT);
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
      return code.array();
    }

    /** A function: some instructions, then a return, or it runs on into the next. */
    private byte[] function(long address) {
      ByteBuffer code = ByteBuffer.allocate(SLOT).order(ByteOrder.LITTLE_ENDIAN);
      while (code.remaining() > 8) {
        long here = address + code.position();
        switch (random.nextInt(12)) {
          case 0, 1 -> code.put((byte) 0xe8).putInt((int) (anyFunction() - here - 5));
          case 2 -> code.put((byte) 0xe9).putInt((int) (anyFunction() - here - 5));
          case 3 -> code.put((byte) 0x74).put((byte) random.nextInt(16));
          case 4 -> code.put(bytes(0x48, 0xc7, 0xc1)).putInt((int) anyFunction());
          case 5 -> code.put(bytes(0xff, 0x14, 0x25)).putInt((int) anyVariable());
          case 6 -> code.put(bytes(0x48, 0x8b, 0x04, 0xfd)).putInt((int) anyVariable());
          case 7 -> code.put(bytes(0x48, 0x8b, 0x14, 0x25)).putInt((int) anyVariable());
          case 8 -> code.put((byte) 0xc3);
          case 9 -> code.put(random.nextInt(4) == 0 ? HLT : (byte) 0x90);
          case 10 -> code.put(random.nextInt(4) == 0 ? (byte) 0x06 : (byte) 0xc3);
          default -> code.put((byte) 0xc3);
        }
      }
      while (code.hasRemaining()) {
        code.put(random.nextBoolean() ? (byte) 0x90 : INT3);
      }
      return code.array();
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
      return TEXT + (long) slot * SLOT + (random.nextInt(8) == 0 ? random.nextInt(SLOT) : 0);
    }

    private long anyVariable() {
      long area = random.nextBoolean() ? FIXED : VARIABLES;
      return area + 8L * random.nextInt(DATA_PAGES * PAGE / 8);
    }

    private byte[] data() {
      ByteBuffer data = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
      for (int at = 0; at < PAGE; at += Long.BYTES) {
        data.putLong(at, word());
      }
      return data.array();
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

    private static boolean isCode(long page) {
      return page - TEXT >= 0 && page - TEXT < CODE_PAGES * PAGE;
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
          (region, offset, length) -> length > 0 && region.bytes()[offset] != HLT,
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
      return fixpoint.follow(
          changed.stream().filter(History::isCode).mapToLong(Long::longValue),
          changed.stream().map(this::frameOf).toList(),
          this::read);
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
      LongStream.range(0, CODE_PAGES * PAGE / SLOT).forEach(at -> places.add(TEXT + at * SLOT));
      LongStream.range(0, DATA_PAGES * PAGE / 64)
          .forEach(
              at -> {
                places.add(VARIABLES + at * 64);
                places.add(FIXED + at * 64);
                places.add(HEAP + at * 64);
              });
      return places;
    }
  }

  /** Variables of 64 bytes; functions do not begin with INT3, and where one does is foreign. */
  private record Variables(GuestKernel kernel) implements PointerRule {
    @Override
    public Target check(long address) {
      CodeRegion region = kernel.code().regionAt(address).orElseThrow();
      byte first = region.bytes()[region.offsetOf(address)];
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

  private record Told(
      Map<ReachStep, Fixpoint.Reached> reached,
      Map<ReachStep, Long> bytes,
      List<Fixpoint.Stray> strays,
      List<List<Long>> refusals,
      Map<Long, List<GuestVirtualAddress>> paths) {
    static Told of(Fixpoint fixpoint, List<Long> places) {
      Map<Long, List<GuestVirtualAddress>> paths = new HashMap<>();
      places.forEach(place -> paths.put(place, fixpoint.pathTo(place)));
      places.forEach(place -> paths.put(place + 1, fixpoint.pathToTable(place)));
      return new Told(
          fixpoint.reached(),
          fixpoint.bytesByStep(),
          fixpoint.strays(),
          fixpoint.refusals().stream()
              .map(each -> List.of(each.address(), (long) each.length(), each.function()))
              .toList(),
          paths);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void whateverChangesItTellsWhatAnExplorationOfTheLastStateTells(int portion) {
    int histories = Integer.getInteger("plumbline.law.histories", 15);
    Set<Long> sizes = new HashSet<>();
    for (long seed = 1; seed <= histories; seed++) {
      History history = new History(seed * 31 + portion);
      GuestKernel kernel = history.kernel();
      Fixpoint following = history.explore(kernel);
      for (int step = 0; step < 12; step++) {
        Set<Long> changed = new HashSet<>();
        for (int change = 0; change < portion; change++) {
          changed.add(history.change());
        }
        assertThat(history.follow(following, kernel, changed)).isTrue();
        assertThat(kernel.code().nonBlankBytes())
            .isEqualTo(history.kernel().code().nonBlankBytes());

        Told expected = Told.of(history.explore(history.kernel()), history.places());
        Told told = Told.of(following, history.places());
        String when = "portion " + portion + ", seed " + seed + ", step " + step;
        assertThat(told.reached).as(when).isEqualTo(expected.reached);
        assertThat(told.bytes).as(when).isEqualTo(expected.bytes);
        assertThat(told.strays).as(when).isEqualTo(expected.strays);
        assertThat(told.refusals).as(when).isEqualTo(expected.refusals);
        expected.paths.forEach(
            (place, path) ->
                assertThat(told.paths.get(place)).as("%s, to %x", when, place).isEqualTo(path));
        sizes.add(expected.bytes.get(ReachStep.HEAP));
      }
    }
    // Guests that reach nothing, or always the same, would show nothing.
    assertThat(sizes.size()).isGreaterThan(histories);
  }
}
