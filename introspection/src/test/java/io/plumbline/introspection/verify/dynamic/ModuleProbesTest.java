package io.plumbline.introspection.verify.dynamic;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.PatchSites;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.Rewriting;
import io.plumbline.introspection.verify.patch.TextBytes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A guest whose kernel is as it must be, and a module of it but for probes. */
class ModuleProbesTest {
  private static final long SLIDE = SyntheticImage.SLIDE;
  private static final long PROBE = 0xffff888003a41000L;
  private static final long MODULE = 0xffffffffc0010000L;
  private static final long SLOTS = 0xffffffffc0400000L;

  /** MOV RAX, [RIP + distance]. */
  private static final int RELATIVE = 0x20;

  /** MOV RAX, [RSI + distance], as the kernel has it with another distance only. */
  private static final int PLAIN = 0x40;

  private static final int FUNCTION = 0x80;
  private static final int TEMPLATE = 0x30;

  private final SyntheticImage image = SyntheticImage.relocating();
  private final ImageLayout layout = ImageLayout.of(image.image());
  private final byte[] expected = new byte[layout.bytes()];
  private final Map<Long, Long> words = new HashMap<>();
  private final byte[] slots = new byte[PageBytes.SIZE];
  private final byte[] moduleText = new byte[PageBytes.SIZE];
  private final byte[] guest;
  private boolean gone;
  private byte[] explained;
  private List<KernelProbes.Armed> armed;

  ModuleProbesTest() {
    layout.relocateInto(expected, SLIDE);
    Arrays.fill(moduleText, 0, 0x100, (byte) 0x53);
    put(moduleText, RELATIVE, 0x48, 0x8b, 0x05, 0x10, 0, 0, 0);
    put(moduleText, PLAIN, 0x48, 0x8b, 0x86, 0x08, 0x05, 0, 0);
    put(expected, 0x44, 0x48, 0x8b, 0x86, 0x10, 0, 0, 0);
    guest = moduleText.clone();
  }

  private static void put(byte[] code, int at, int... bytes) {
    for (int i = 0; i < bytes.length; i++) {
      code[at + i] = (byte) bytes[i];
    }
  }

  private long address(String symbol) {
    return layout.base() + SLIDE + layout.names().required(symbol);
  }

  private void register(int place, long handler) {
    words.put(address("kprobe_table") + 8 * 17, PROBE);
    words.put(PROBE + 16, PROBE + 16);
    words.put(PROBE + 40, MODULE + place);
    words.put(PROBE + 64, handler);
    words.put(PROBE + 88, SLOTS);
  }

  /** The jump at the slot's byte {@code at}. */
  private void jump(int at, long target) {
    slots[at] = (byte) 0xe9;
    Bytes.putInt(slots, at + 1, (int) (target - SLOTS - at - 5));
  }

  /** The copy of the instruction that reaches the byte after the next sixteen. */
  private void copyRelative(int at) {
    put(slots, at, 0x48, 0x8b, 0x05, 0, 0, 0, 0);
    Bytes.putInt(slots, at + 3, (int) (MODULE + RELATIVE + 7 + 0x10 - SLOTS - at - 7));
  }

  private void copyPlain(int at) {
    System.arraycopy(moduleText, PLAIN, slots, at, 7);
  }

  private void detour(int place, int displaced) {
    int template = layout.placeOf(layout.names().required("optprobe_template_entry"));
    System.arraycopy(expected, template, slots, 0, TEMPLATE);
    put(slots, 8, 0x48, 0xbf);
    Bytes.putLong(slots, 10, PROBE);
    slots[0x20] = (byte) 0xe8;
    Bytes.putInt(slots, 0x21, (int) (address("optimized_callback") - SLOTS - 0x25));
    System.arraycopy(moduleText, place, slots, TEMPLATE, displaced);
    jump(TEMPLATE + displaced, MODULE + place + displaced);
  }

  private KernelProbes probes() {
    Rewriting kernel =
        new Rewriting(
            layout,
            SLIDE,
            new TextBytes.Whole(expected.clone(), expected.clone()),
            at -> OptionalLong.of(words.getOrDefault(at, 0L)),
            at -> false);
    int offset = (int) kernel.offsetOf(MODULE);
    ImageSymbols symbols =
        new ImageSymbols(new long[] {offset + FUNCTION}, new byte[] {'t'}, List.of("handler"));
    KernelProbes probes =
        new KernelProbes(
            kernel,
            at -> OptionalLong.of(words.getOrDefault(at, 0L)),
            page -> page == SLOTS ? Optional.of(PageBytes.wrap(slots.clone())) : Optional.empty(),
            at -> !gone && at >= MODULE && at < MODULE + PageBytes.SIZE,
            Set::of);
    if (!gone) {
      Rewriting module =
          new Rewriting(layout.module(offset, moduleText, symbols, noSites()), kernel, guest);
      armed = probes.explain(module);
      explained = module.expected();
    }
    assertThat(probes.explain(kernel)).isEmpty();
    return probes;
  }

  private static PatchSites noSites() {
    return new PatchSites(
        List.of(),
        new int[0],
        List.of(),
        new int[0],
        new int[0],
        new int[0],
        new int[0],
        List.of(),
        List.of(),
        List.of(),
        new int[0]);
  }

  @Test
  void aBreakpointOfARegisteredProbeIsExplainedAndTold() {
    register(RELATIVE, MODULE + FUNCTION);
    guest[RELATIVE] = (byte) 0xcc;

    probes();

    assertThat(armed)
        .containsExactly(
            new KernelProbes.Armed(
                MODULE + RELATIVE,
                KernelProbes.Entry.BREAKPOINT,
                List.of(MODULE + FUNCTION),
                List.of()));
    assertThat(explained).isEqualTo(guest);
  }

  @Test
  void aBreakpointThatNoProbeOwnsIsNotExplained() {
    register(RELATIVE, MODULE + FUNCTION);
    guest[RELATIVE + 7] = (byte) 0xcc;

    probes();

    assertThat(armed).isEmpty();
    assertThat(explained).isNotEqualTo(guest);
  }

  @Test
  void aHandlerThatIsNoFunctionsBeginningIsTold() {
    register(RELATIVE, MODULE + FUNCTION + 1);
    guest[RELATIVE] = (byte) 0xcc;

    probes();

    assertThat(armed.get(0).untrusted()).containsExactly(MODULE + FUNCTION + 1);
  }

  @Test
  void aJumpIntoATrueDetourIsExplainedAndNoChangedByteOfItSurvives() {
    register(PLAIN, address("kprobe_dispatcher"));
    detour(PLAIN, 7);
    guest[PLAIN] = (byte) 0xe9;
    Bytes.putInt(guest, PLAIN + 1, (int) (SLOTS - MODULE - PLAIN - 5));
    for (int at = 0; at < TEMPLATE + 7 + 5; at++) {
      slots[at] ^= 0x11;
      probes();
      assertThat(armed).as("byte %d", at).isEmpty();
      assertThat(explained).as("byte %d", at).isNotEqualTo(guest);
      slots[at] ^= 0x11;
    }

    KernelProbes probes = probes();

    assertThat(armed)
        .extracting(KernelProbes.Armed::entry)
        .containsExactly(KernelProbes.Entry.JUMP);
    assertThat(explained).isEqualTo(guest);
    assertThat(probes.pageAt(SLOTS)).contains("detours of kprobes");
  }

  @Test
  void aCopyNeedsNoOwnerButMustBeTheInstructionBeforeWhichItJumpsBack() {
    copyRelative(15);
    jump(22, MODULE + RELATIVE + 7);
    assertThat(probes().pageAt(SLOTS)).contains("copies of probed instructions");

    // Changed further on, the jump would lead out of the module and to nowhere.
    for (int at = 15; at < 22 + 2; at++) {
      slots[at] ^= 0x40;
      assertThat(probes().pageAt(SLOTS)).as("byte %d", at).isEmpty();
      slots[at] ^= 0x40;
    }
  }

  @Test
  void aCopyThatEndsInATrapIsLookedForInModulesToo() {
    // A call is none of the instructions that may be anybody's.
    put(moduleText, 0x60, 0xff, 0x15, 0x20, 0, 0, 0);
    put(guest, 0x60, 0xff, 0x15, 0x20, 0, 0, 0);
    put(slots, 0, 0xff, 0x15, 0, 0, 0, 0, 0xcc);
    Bytes.putInt(slots, 2, (int) (MODULE + 0x60 + 0x20 - SLOTS));
    assertThat(probes().pageAt(SLOTS)).contains("copies of probed instructions");

    slots[2] ^= 1;
    assertThat(probes().pageAt(SLOTS)).isEmpty();
  }

  @Test
  void whatIsLeftOfProbesOnAModuleThatIsGoneLeadsNowhere() {
    gone = true;
    copyPlain(0);
    jump(7, MODULE + PLAIN + 7);
    copyPlain(15);
    slots[22] = (byte) 0xcc;
    assertThat(probes().pageAt(SLOTS)).contains("copies of probed instructions");

    Arrays.fill(slots, (byte) 0);
    detour(PLAIN, 7);
    assertThat(probes().pageAt(SLOTS)).contains("detours of kprobes");
  }

  @Test
  void aCopyThatNoTextHasDoesNotJumpToWhatIsExecutable() {
    copyPlain(0);
    jump(7, MODULE + PLAIN + 8);
    assertThat(probes().pageAt(SLOTS)).isEmpty();

    gone = true;
    assertThat(probes().pageAt(SLOTS)).isPresent();
    jump(7, address("function_a"));
    assertThat(probes().pageAt(SLOTS)).isEmpty();
  }

  @Test
  void aSlotMayHoldTheEndOfALongerCopyThatItHeldBefore() {
    copyPlain(0);
    slots[7] = (byte) 0xcc;
    // push rbx, of the kernel's, and its trap over the first two bytes
    put(slots, 0, 0x53, 0xcc);
    assertThat(probes().pageAt(SLOTS)).isPresent();

    for (int at = 2; at < 7; at++) {
      slots[at] ^= 0x11;
      assertThat(probes().pageAt(SLOTS)).as("byte %d", at).isEmpty();
      slots[at] ^= 0x11;
    }

    // Foreign code behind the trap, with a trap of its own.
    put(slots, 2, 0x0f, 0x22, 0xc0, 0xc3, 0xcc, 0);
    assertThat(probes().pageAt(SLOTS)).isEmpty();
  }

  @Test
  void noSlotHoldsForeignInstructions() {
    gone = true;
    int[][] foreign = {
      // An instruction whose like no text has, two of them, a return, calls and jumps.
      {0x0f, 0x01, 0xd1},
      {0x53, 0x53},
      {0xc3},
      {0xff, 0xd0},
      {0xff, 0xe0},
      {0xeb, 0x10},
      {0xe8, 1, 2, 3, 4}
    };
    for (int[] code : foreign) {
      Arrays.fill(slots, (byte) 0);
      put(slots, 0, code);
      jump(code.length, MODULE + PLAIN + 7);
      assertThat(probes().pageAt(SLOTS)).as("%s", Arrays.toString(code)).isEmpty();
    }
    Arrays.fill(slots, (byte) 0);
    copyPlain(0);
    jump(7, MODULE + PLAIN + 7);
    slots[14] = (byte) 0xc3;
    assertThat(probes().pageAt(SLOTS)).isEmpty();
  }

  @Test
  void whatIsForgottenExplainsNothing() {
    copyRelative(0);
    jump(7, MODULE + RELATIVE + 7);
    KernelProbes probes = probes();
    assertThat(probes.pageAt(SLOTS)).isPresent();

    probes.forget(MODULE);

    assertThat(probes.pageAt(SLOTS)).isEmpty();
  }
}
