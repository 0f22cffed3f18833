package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.paging.WalkBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Code that is reached through data, step by step. */
class FixpointTest {
  private static final long TEXT = 0xffff_ffff_8100_0000L;
  private static final long FIXED = TEXT + 0x10_0000;
  private static final long VARIABLES = TEXT + 0x20_0000;
  private static final long HEAP = 0xffff_8880_0010_0000L;
  private static final long MODULE = 0xffff_ffff_c000_0000L;
  private static final int FUNCTION = 0x40;
  private static final long G = TEXT + FUNCTION;
  private static final long H = TEXT + 2 * FUNCTION;

  private final ByteBuffer text =
      ByteBuffer.allocate(0x1000).order(ByteOrder.LITTLE_ENDIAN).put(filler());

  private static byte[] filler() {
    byte[] filler = new byte[0x1000];
    java.util.Arrays.fill(filler, (byte) 0xcc);
    for (int at = FUNCTION; at < 8 * FUNCTION; at += FUNCTION) {
      filler[at] = (byte) 0xc3;
    }
    return filler;
  }

  private final SyntheticGuestBuilder guest = SyntheticGuest.longMode().idtGate(0, TEXT);

  private FixpointTest() {
    text.position(0);
    // Kernels have their own page tables in reach.
    guest.map(0xffff_8880_0000_0000L, guest.topTableFrame(), 1, Rights.KERNEL_DATA);
  }

  private void instruction(int operand, int... opcode) {
    for (int each : opcode) {
      text.put((byte) each);
    }
    text.putInt(operand);
  }

  /** mov rdx, [address] */
  private void reads(long address) {
    instruction((int) address, 0x48, 0x8b, 0x14, 0x25);
  }

  private static byte[] words(long... words) {
    ByteBuffer bytes = ByteBuffer.allocate(words.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    LongStream.of(words).forEach(bytes::putLong);
    return bytes.array();
  }

  private Fixpoint fixpoint() {
    return fixpoint(ExplorationBudget.STANDARD);
  }

  private Fixpoint fixpoint(ExplorationBudget budget) {
    text.put((byte) 0xc3);
    guest.place(TEXT, text.array(), Rights.KERNEL_CODE);
    GuestKernel kernel = kernel();
    return fixpoint(kernel, new PlausiblePointers(kernel), budget);
  }

  private GuestKernel kernel() {
    SyntheticGuest built = guest.build();
    return GuestKernel.of(built.pages(), List.of(built.vcpu()), ExplorationBudget.STANDARD)
        .kernel()
        .orElseThrow();
  }

  private static Fixpoint fixpoint(GuestKernel kernel, PointerRule rule, ExplorationBudget budget) {
    return Fixpoint.of(kernel.entries(), kernel, (region, offset, length) -> true, rule, budget);
  }

  private static ExplorationBudget with(DataBudget data) {
    return new ExplorationBudget(WalkBudget.STANDARD, 1 << 20, 1000, 1000, 16, 16, 16, data);
  }

  /** Functions that each step added to those before. */
  private static List<Integer> functions(Fixpoint fixpoint) {
    return List.of(ReachStep.values()).stream()
        .map(step -> fixpoint.reached().get(step).functions())
        .toList();
  }

  private static GuestVirtualAddress at(long address) {
    return new GuestVirtualAddress(address);
  }

  @Test
  void eachStepLeadsToCodeOfItsOwn() {
    instruction(FUNCTION - 5, 0xe8); // call function 1
    instruction((int) FIXED, 0xff, 0x14, 0x25); // call [fixed]: function 2
    instruction((int) TEXT + 3 * FUNCTION, 0x48, 0xc7, 0xc1); // mov rcx, function 3
    reads(FIXED + 0x800); // leads to function 4
    reads(VARIABLES); // leads to function 5, and to the heap's object
    guest.place(FIXED, words(TEXT + 2 * FUNCTION), Rights.KERNEL_READ_ONLY);
    guest.place(FIXED + 0x800, words(0, TEXT + 4 * FUNCTION), Rights.KERNEL_READ_ONLY);
    guest.place(VARIABLES, words(TEXT + 5 * FUNCTION, HEAP + 0x10), Rights.KERNEL_DATA);
    guest.place(HEAP, words(TEXT + 7 * FUNCTION, 0, 0, TEXT + 6 * FUNCTION), Rights.KERNEL_DATA);

    Fixpoint fixpoint = fixpoint();

    // What lies before the address that leads into the heap is not the object's.
    assertThat(functions(fixpoint)).containsExactly(2, 3, 4, 5, 6, 7);
    assertThat(fixpoint.bytes())
        .isEqualTo(fixpoint.reached().get(ReachStep.WRITABLE_DATA).bytes() + 1);
    assertThat(fixpoint.budgetExhausted()).isFalse();
    assertThat(fixpoint.unreadablePages()).isZero();
    assertThat(fixpoint.strays()).isEmpty();
  }

  @Test
  void aTableIsTakenUpAsFarAsItLeadsToCode() {
    instruction((int) FIXED, 0x48, 0x8b, 0x04, 0xfd); // mov rax, [rdi * 8 + table]
    guest.place(FIXED, words(G, H, 17, TEXT + 3 * FUNCTION), Rights.KERNEL_READ_ONLY);

    Fixpoint fixpoint = fixpoint();

    assertThat(fixpoint.reached().get(ReachStep.SLOTS).functions()).isEqualTo(3);
    assertThat(fixpoint.reached().get(ReachStep.READ_ONLY_DATA).functions()).isEqualTo(4);
    assertThat(fixpoint.pathTo(H)).containsExactly(at(TEXT), at(FIXED + 8), at(H));
  }

  @Test
  void aTableThatIsLongerThanTheBoundShows() {
    instruction((int) FIXED, 0x48, 0x8b, 0x04, 0xfd); // mov rax, [rdi * 8 + table]
    long[] table = new long[17];
    java.util.Arrays.fill(table, G);
    guest.place(FIXED, words(table), Rights.KERNEL_READ_ONLY);

    assertThat(fixpoint(with(DataBudget.STANDARD)).budgetExhausted()).isTrue();
  }

  @Test
  void thePathShowsThePointersBetweenTwoFunctions() {
    reads(VARIABLES);
    guest.place(VARIABLES, words(0, HEAP), Rights.KERNEL_DATA);
    guest.place(HEAP, words(0, 0, HEAP + 0x800), Rights.KERNEL_DATA);
    guest.place(HEAP + 0x800, words(0, G), Rights.KERNEL_DATA);

    assertThat(fixpoint().pathTo(G))
        .containsExactly(at(TEXT), at(VARIABLES + 8), at(HEAP + 16), at(HEAP + 0x808), at(G));
  }

  @Test
  void dataOfOneProcessorIsReachedThroughItsSegment() {
    // mov rax, gs:[0x10]; the synthetic vCPU's GS begins at 0 until told
    instruction(0x10, 0x65, 0x48, 0x8b, 0x04, 0x25);
    guest.place(HEAP, words(0, 0, G), Rights.KERNEL_DATA);
    text.put((byte) 0xc3);
    guest.place(TEXT, text.array(), Rights.KERNEL_CODE).gsBase(HEAP);

    GuestKernel kernel = kernel();

    assertThat(
            functions(fixpoint(kernel, new PlausiblePointers(kernel), ExplorationBudget.STANDARD)))
        .containsExactly(1, 1, 1, 1, 2, 2);
  }

  @Test
  void dataThatPointsIntoItselfEnds() {
    reads(VARIABLES);
    guest.place(VARIABLES, words(VARIABLES, VARIABLES + 8, VARIABLES, HEAP), Rights.KERNEL_DATA);
    guest.place(HEAP, words(HEAP, HEAP + 8, VARIABLES, HEAP), Rights.KERNEL_DATA);

    Fixpoint fixpoint = fixpoint();

    assertThat(functions(fixpoint)).containsExactly(1, 1, 1, 1, 1, 1);
    assertThat(fixpoint.budgetExhausted()).isFalse();
  }

  @Test
  void aProgramsPagesAndFillerAndTheMiddleOfAFunctionLeadNowhere() {
    reads(VARIABLES);
    guest.place(
        VARIABLES, words(0x40_0000, TEXT + 9 * FUNCTION, TEXT + 4, HEAP), Rights.KERNEL_DATA);
    guest.place(0x40_0000, words(G), Rights.USER_DATA);
    guest.place(HEAP, words(H), Rights.USER_DATA);

    assertThat(functions(fixpoint())).containsExactly(1, 1, 1, 1, 1, 1);
  }

  @Test
  void aPointerToForeignCodeIsKeptWithItsPlaceAndNotFollowed() {
    reads(VARIABLES);
    guest.place(VARIABLES, words(1, MODULE), Rights.KERNEL_DATA);
    guest.code(MODULE, 0xc3);
    text.put((byte) 0xc3);
    guest.place(TEXT, text.array(), Rights.KERNEL_CODE);
    GuestKernel kernel = kernel();

    Fixpoint fixpoint = fixpoint(kernel, foreignModule(kernel), ExplorationBudget.STANDARD);

    assertThat(fixpoint.strays())
        .containsExactly(new Fixpoint.Stray(VARIABLES + 8, MODULE, VARIABLES));
    assertThat(functions(fixpoint)).containsExactly(1, 1, 1, 1, 1, 1);
  }

  private static PointerRule foreignModule(GuestKernel kernel) {
    PlausiblePointers plausible = new PlausiblePointers(kernel);
    return new PointerRule() {
      @Override
      public Target check(long address) {
        return address == MODULE ? Target.FOREIGN : plausible.check(address);
      }

      @Override
      public long startOf(long address) {
        return address;
      }

      @Override
      public long endOf(long address) {
        return address;
      }
    };
  }

  /** Whichever of the two was met first, a guest is told alike however it was explored. */
  @ParameterizedTest
  @ValueSource(longs = {0, 0x40})
  void aPointerInTwoPiecesThatOverlapIsToldOfTheFirst(long met) {
    reads(VARIABLES);
    guest.place(VARIABLES, words(HEAP + met, HEAP + (0x40 - met)), Rights.KERNEL_DATA);
    byte[] heap = new byte[0x200];
    ByteBuffer.wrap(heap).order(ByteOrder.LITTLE_ENDIAN).putLong(0x80, MODULE);
    guest.place(HEAP, heap, Rights.KERNEL_DATA);
    guest.code(MODULE, 0xc3);
    text.put((byte) 0xc3);
    guest.place(TEXT, text.array(), Rights.KERNEL_CODE);
    GuestKernel kernel = kernel();

    Fixpoint fixpoint = fixpoint(kernel, foreignModule(kernel), ExplorationBudget.STANDARD);

    assertThat(fixpoint.strays()).containsExactly(new Fixpoint.Stray(HEAP + 0x80, MODULE, HEAP));
  }

  @Test
  void aBoundThatIsReachedShows() {
    reads(VARIABLES);
    reads(FIXED);
    guest.place(VARIABLES, words(HEAP, HEAP + 0x1000, G), Rights.KERNEL_DATA);
    guest.place(FIXED, words(H), Rights.KERNEL_READ_ONLY);
    guest.place(HEAP, words(HEAP + 0x800), Rights.KERNEL_DATA);
    guest.place(HEAP + 0x800, words(G), Rights.KERNEL_DATA);

    assertThat(fixpoint(with(new DataBudget(2, 100, 64, 64, 2))).budgetExhausted()).isTrue();
  }

  @Test
  void aBoundOfObjectsThatIsReachedShows() {
    reads(VARIABLES);
    reads(FIXED);
    guest.place(VARIABLES, words(G), Rights.KERNEL_DATA);
    guest.place(FIXED, words(H), Rights.KERNEL_READ_ONLY);

    Fixpoint fixpoint = fixpoint(with(new DataBudget(100, 1, 64, 64, 2)));

    assertThat(fixpoint.budgetExhausted()).isTrue();
    assertThat(fixpoint.reached().get(ReachStep.HEAP).objects()).isEqualTo(1);
  }

  @Test
  void objectsInARowAreFollowedAsFarAsTheBoundSays() {
    reads(VARIABLES);
    guest.place(VARIABLES, words(HEAP), Rights.KERNEL_DATA);
    guest.place(HEAP, words(HEAP + 0x800), Rights.KERNEL_DATA);
    guest.place(HEAP + 0x800, words(G), Rights.KERNEL_DATA);

    Fixpoint one = fixpoint(with(new DataBudget(100, 100, 64, 64, 1)));

    assertThat(functions(one)).containsExactly(1, 1, 1, 1, 1, 1);
    assertThat(one.budgetExhausted()).isFalse();
  }

  @Test
  void aPageOfDataThatCannotBeReadIsCounted() {
    reads(VARIABLES);
    guest.place(VARIABLES, words(G), Rights.KERNEL_DATA);
    long frame = guest.build().addressSpace().translateToFrame(VARIABLES);
    guest.forget(frame);

    Fixpoint fixpoint = fixpoint();

    assertThat(fixpoint.unreadablePages()).isEqualTo(1);
    assertThat(functions(fixpoint)).containsExactly(1, 1, 1, 1, 1, 1);
  }
}
