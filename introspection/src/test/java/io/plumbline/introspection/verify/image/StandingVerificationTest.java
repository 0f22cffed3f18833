package io.plumbline.introspection.verify.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.PatchedText;
import io.plumbline.introspection.verify.patch.SiteIndex;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A verification that is kept up with a guest says what one from scratch says of the same memory:
 * random histories of what a guest's frames hold, legal and not.
 */
class StandingVerificationTest {
  private static final int HISTORIES = 24;
  private static final int STEPS = 120;
  private static final int PAGE = PageBytes.SIZE;
  private static final String[] KEYS = {"key_on", "key_off"};
  private static final String[] CALLS = {"__SCK__set", "__SCK__null", "__SCK__zero"};
  private static final String[] WORDS = {"pv_ops", "hash", "boot_cpu_data", "kprobe_table"};
  private static final String[] FUNCTIONS = {
    "function_a", "function_b", "__static_call_return0", "ftrace_caller", "srso_return_thunk"
  };

  /** How a step was taken in. */
  private enum Way {
    /** What must be stood: changed pages were compared. */
    COMPARED,
    /** Sites were predicted again. */
    PREDICTED,
    SCRATCH
  }

  static Stream<SyntheticImage> kernels() {
    return Stream.of(SyntheticImage.classic(), SyntheticImage.relocating());
  }

  /** A guest whose frames can be written, with what was written since it was asked last. */
  private static final class Memory implements PageSource {
    private final PageSource first;
    private final Map<Long, byte[]> written = new HashMap<>();
    private final Set<Long> lost = new HashSet<>();
    private final Set<Long> changed = new HashSet<>();

    private Memory(PageSource first) {
      this.first = first;
    }

    @Override
    public Optional<PageBytes> read(FrameNumber frame) {
      byte[] bytes = written.get(frame.value());
      return lost.contains(frame.value())
          ? Optional.empty()
          : bytes == null ? first.read(frame) : Optional.of(PageBytes.wrap(bytes.clone()));
    }

    private void write(long frame, int at, byte[] bytes) {
      byte[] page =
          written.computeIfAbsent(
              frame, f -> first.read(new FrameNumber(f)).orElseThrow().toByteArray());
      System.arraycopy(bytes, 0, page, at, Math.min(bytes.length, PAGE - at));
      changed.add(frame);
    }

    private void undo(long frame) {
      written.remove(frame);
      lost.remove(frame);
      changed.add(frame);
    }

    private void lose(long frame) {
      lost.add(frame);
      changed.add(frame);
    }

    private List<FrameNumber> changes() {
      List<FrameNumber> frames = changed.stream().sorted().map(FrameNumber::new).toList();
      changed.clear();
      return frames;
    }
  }

  /** One guest and its verification, and the random acts of its history. */
  private static final class History {
    private final SyntheticImage image;
    private final Random random;
    private final ImageVerifier verifier;
    private final ImageLayout layout;
    private final GuestKernel kernel;
    private final Memory memory;
    private final StandingVerification standing;
    private final Workspace scratch = new Workspace();
    private final List<KnownText> known = new ArrayList<>();
    private int likeKnown;
    private final Map<Way, Integer> ways = new EnumMap<>(Way.class);

    private History(SyntheticImage image, long seed) {
      this.image = image;
      this.random = new Random(seed);
      SyntheticGuest guest = image.guest(SyntheticGuest.longMode());
      kernel =
          GuestKernel.of(guest.pages(), List.of(guest.vcpu()), ExplorationBudget.STANDARD)
              .kernel()
              .orElseThrow();
      memory = new Memory(guest.pages());
      verifier = new ImageVerifier(image.image());
      layout = verifier.layout();
      standing = new StandingVerification(verifier, new Workspace());
      verify();
      fromScratch();
      learn();
      assertThat(known).hasSize(1);
    }

    /** What was explained just now is known, and what was known the time before. */
    private void learn() {
      byte[] text = Arrays.copyOf(standing.workspace().guest(), layout.textBytes());
      standing
          .asKnown(PatchedText.of(layout, verifier.rules(), text, 0, SyntheticImage.SLIDE))
          .ifPresent(known::add);
      if (known.size() > 2) {
        known.remove(0);
      }
    }

    private AddressSpace space() {
      return AddressSpace.of(kernel.vcpu(), memory);
    }

    private ImageVerification verify() {
      return standing.verify(
          SyntheticImage.SLIDE, space(), memory, kernel.executable(), OtherCode.NONE);
    }

    private ImageVerification fromScratch() {
      return verifier.verify(
          SyntheticImage.SLIDE, space(), memory, kernel.executable(), OtherCode.NONE, scratch);
    }

    private void step(String what) {
      for (int acts = random.nextInt(4) == 0 ? 3 : 1; acts > 0; acts--) {
        act();
      }
      byte[] before = standing.workspace().expected().clone();
      Optional<ImageVerification> after = standing.after(memory.changes(), space(), memory);
      boolean rewritten =
          after.isPresent()
              && !Arrays.equals(
                  before,
                  0,
                  layout.textBytes(),
                  standing.workspace().expected(),
                  0,
                  layout.textBytes());
      ways.merge(
          after.isEmpty() ? Way.SCRATCH : rewritten ? Way.PREDICTED : Way.COMPARED,
          1,
          Integer::sum);
      check(what, after.orElseGet(this::verify), fromScratch());
      checkKnown(what + ", from what is known");
      if (after.isEmpty()) {
        learn();
      }
    }

    /** Who knows the text of another guest says what one says who knows of none. */
    private void checkKnown(String what) {
      StandingVerification fresh = new StandingVerification(verifier, Workspace.forGuestsInTurn());
      ImageVerification seen =
          fresh.verify(
              SyntheticImage.SLIDE, space(), memory, kernel.executable(), OtherCode.NONE, known);
      likeKnown += fresh.known().isPresent() ? 1 : 0;
      checkSaid(what, seen, fromScratch());
      checkBytes(what, fresh);
    }

    private void check(String what, ImageVerification kept, ImageVerification made) {
      checkSaid(what, kept, made);
      checkBytes(what, standing);
    }

    private static void checkSaid(String what, ImageVerification kept, ImageVerification made) {
      for (RecordComponent field : ImageVerification.class.getRecordComponents()) {
        assertThat(valueOf(field, kept))
            .as("%s: %s", what, field.getName())
            .isEqualTo(valueOf(field, made));
      }
    }

    private void checkBytes(String what, StandingVerification kept) {
      assertThat(kept.otherPages()).as(what).isEqualTo(scratch.otherPages(layout.verifiedBytes()));
      int bytes = layout.verifiedBytes();
      Workspace own = kept.workspace();
      assertThat(Arrays.mismatch(own.expected(), 0, bytes, scratch.expected(), 0, bytes))
          .as(what)
          .isEqualTo(-1);
      assertThat(Arrays.mismatch(own.guest(), 0, bytes, scratch.guest(), 0, bytes))
          .as(what)
          .isEqualTo(-1);
    }

    /** Deviations hold arrays, which are not equal by content. */
    private static Object valueOf(RecordComponent field, ImageVerification seen) {
      if (field.getName().equals("deviations")) {
        return seen.deviations().stream()
            .map(each -> List.of(each.toString(), each.offset(), each.region()))
            .toList();
      }
      try {
        return field.getAccessor().invoke(seen);
      } catch (ReflectiveOperationException failure) {
        throw new LinkageError(failure.getMessage(), failure);
      }
    }

    private void act() {
      switch (random.nextInt(16)) {
        case 0, 1 -> write(random.nextInt(layout.verifiedBytes()), randomBytes(1));
        case 2 -> write(random.nextInt(layout.verifiedBytes()), randomBytes(random.nextInt(300)));
        case 3, 4 -> undo(random.nextInt(layout.verifiedBytes() / PAGE));
        case 5 -> site();
        case 6, 7 -> {
          word(KEYS[random.nextInt(KEYS.length)], random.nextInt(3));
          follow();
        }
        case 8 -> word(KEYS[random.nextInt(KEYS.length)], random.nextInt(3));
        case 9 -> {
          word(CALLS[random.nextInt(CALLS.length)], random.nextInt(3) == 0 ? 0 : function(0));
          follow();
        }
        case 10 -> word(CALLS[random.nextInt(CALLS.length)], function(random.nextInt(3)));
        case 11 -> trace();
        case 12 -> writtenAtBoot();
        case 13 -> follow();
        case 14 -> rare();
        default -> write(random.nextInt(layout.textBytes()), new byte[] {(byte) 0xcc});
      }
    }

    private void rare() {
      int page = random.nextInt(layout.verifiedBytes() / PAGE);
      switch (random.nextInt(4)) {
        case 0 -> memory.lose(standing.workspace().frames()[page]);
        case 1 -> word(WORDS[random.nextInt(WORDS.length)], random.nextInt(3) * function(0));
        case 2 -> memory.changed.add(standing.workspace().frames()[page]);
        default -> {
          for (int each = 0; each < layout.verifiedBytes() / PAGE; each++) {
            undo(each);
          }
        }
      }
    }

    private byte[] randomBytes(int count) {
      byte[] bytes = new byte[count];
      random.nextBytes(bytes);
      return bytes;
    }

    private long function(int plus) {
      return image.addressOf(FUNCTIONS[random.nextInt(FUNCTIONS.length)]) + plus;
    }

    private void write(int place, byte[] bytes) {
      long frame = standing.workspace().frames()[place / PAGE];
      memory.write(frame, place % PAGE, bytes);
    }

    private void undo(int page) {
      memory.undo(standing.workspace().frames()[page]);
    }

    private void word(String variable, long value) {
      byte[] bytes = new byte[Long.BYTES];
      Bytes.putLong(bytes, 0, value);
      long address = image.addressOf(variable);
      memory.write(space().translateToFrame(address), (int) address & PAGE - 1, bytes);
    }

    /** The guest writes of one page, or of all, what it must hold. */
    private void follow() {
      fromScratch();
      int one = random.nextInt(layout.textBytes() / PAGE);
      boolean all = random.nextBoolean();
      for (int page = 0; page < layout.textBytes() / PAGE; page++) {
        boolean readable = !memory.lost.contains(standing.workspace().frames()[page]);
        if (readable && (all || page == one) && !scratch.explains(page * PAGE, PAGE)) {
          write(
              page * PAGE, Arrays.copyOfRange(scratch.expected(), page * PAGE, page * PAGE + PAGE));
        }
      }
    }

    /** A site holds what another one has, what the file has, or nonsense. */
    private void site() {
      List<SiteIndex> indexes =
          verifier.rules().indexes().stream().filter(each -> each.size() > 0).toList();
      SiteIndex index = indexes.get(random.nextInt(indexes.size()));
      int site = random.nextInt(index.size());
      int from = index.start(site);
      int length = index.length(site);
      int other = index.start(random.nextInt(index.size()));
      if (from + length > layout.textBytes() || other + length > layout.textBytes()) {
        return;
      }
      byte[] bytes =
          switch (random.nextInt(3)) {
            case 0 -> Arrays.copyOfRange(standing.workspace().guest(), other, other + length);
            case 1 -> Arrays.copyOfRange(layout.golden(), from, from + length);
            default -> randomBytes(1 + random.nextInt(length));
          };
      write(from, bytes);
    }

    /** A function is traced, or what looks like it. */
    private void trace() {
      SiteIndex index =
          verifier.rules().indexes().stream()
              .filter(each -> each.mechanism().equals("function trace"))
              .findFirst()
              .orElseThrow();
      int place = index.start(random.nextInt(index.size()));
      String[] callees = {"ftrace_caller", "ftrace_caller", "function_a"};
      long target = image.addressOf(callees[random.nextInt(callees.length)]);
      byte[] call = new byte[5];
      call[0] = (byte) 0xe8;
      long next = SyntheticImage.BASE + SyntheticImage.SLIDE + place + call.length;
      int plus = random.nextInt(5) == 0 ? 1 : 0;
      Bytes.putInt(call, 1, (int) (target + plus - next));
      write(place, call);
    }

    private void writtenAtBoot() {
      int[] bounds = verifier.writtenAtBoot();
      int place = bounds[0] + random.nextInt(bounds[1] - bounds[0]) & -Long.BYTES;
      byte[] bytes = new byte[Long.BYTES];
      Bytes.putLong(
          bytes, 0, random.nextInt(3) == 0 ? random.nextLong() : function(random.nextInt(2)));
      write(place, bytes);
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void whatIsKeptUpIsWhatIsMadeFromScratch(SyntheticImage image) {
    Map<Way, Integer> ways = new EnumMap<>(Way.class);
    int likeKnown = 0;
    long[] seeds = LongStream.range(0, HISTORIES).map(i -> 20261127 + i).toArray();
    for (long seed : seeds) {
      History history = new History(image, seed);
      for (int step = 0; step < STEPS; step++) {
        history.step(String.format("%s, seed %d, step %d", image, seed, step));
      }
      history.ways.forEach((way, count) -> ways.merge(way, count, Integer::sum));
      likeKnown += history.likeKnown;
    }
    assertThat(ways).containsKeys(Way.values());
    assertThat(ways.get(Way.COMPARED)).isGreaterThan(HISTORIES * STEPS / 5);
    assertThat(ways.get(Way.PREDICTED)).isGreaterThan(HISTORIES);
    assertThat(likeKnown).isBetween(HISTORIES, HISTORIES * STEPS - 1);
  }
}
