package io.plumbline.introspection.verify.dynamic;

import static org.assertj.core.api.Assertions.assertThat;

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

/** A guest whose text is as it must be but for probes, and whose data names them. */
class KernelProbesTest {
  private static final long SLIDE = SyntheticImage.SLIDE;
  private static final long PROBE = 0xffff888003a41000L;
  private static final long SLOTS = 0xffffffffc0400000L;
  private static final int PROBED = 0x44;
  private static final int TEMPLATE = 0x30;
  private static final int DISPLACED = 5;

  private final SyntheticImage image = SyntheticImage.relocating();
  private final ImageLayout layout = ImageLayout.of(image.image());
  private final byte[] expected = new byte[layout.bytes()];
  private final byte[] guest;
  private final Map<Long, Long> words = new HashMap<>();
  private final byte[] slots = new byte[PageBytes.SIZE];
  private Rewriting text;
  private List<KernelProbes.Armed> armed;

  KernelProbesTest() {
    layout.relocateInto(expected, SLIDE);
    guest = expected.clone();
  }

  private long address(String symbol) {
    return layout.base() + SLIDE + layout.names().required(symbol);
  }

  private long probed() {
    return layout.base() + SLIDE + PROBED;
  }

  private void register(long handler) {
    words.put(address("kprobe_table") + 8 * 17, PROBE);
    words.put(PROBE + 16, PROBE + 16);
    words.put(PROBE + 40, probed());
    words.put(PROBE + 64, handler);
    words.put(PROBE + 88, SLOTS);
  }

  /** The detour of the five one-byte instructions at the probed place, at the slots' beginning. */
  private void detour() {
    System.arraycopy(
        expected,
        layout.placeOf(layout.names().required("optprobe_template_entry")),
        slots,
        0,
        TEMPLATE);
    slots[8] = 0x48;
    slots[9] = (byte) 0xbf;
    Bytes.putLong(slots, 10, PROBE);
    slots[0x20] = (byte) 0xe8;
    Bytes.putInt(slots, 0x21, (int) (address("optimized_callback") - SLOTS - 0x25));
    System.arraycopy(expected, PROBED, slots, TEMPLATE, DISPLACED);
    int back = TEMPLATE + DISPLACED;
    slots[back] = (byte) 0xe9;
    Bytes.putInt(slots, back + 1, (int) (probed() + DISPLACED - SLOTS - back - 5));
    guest[PROBED] = (byte) 0xe9;
    Bytes.putInt(guest, PROBED + 1, (int) (SLOTS - probed() - 5));
  }

  /** What the guest's probes say; {@link #armed} are those of the kernel's text. */
  private KernelProbes probes() {
    byte[] now = expected.clone();
    text =
        new Rewriting(
            layout,
            SLIDE,
            new TextBytes.Whole(now, guest),
            at -> OptionalLong.of(words.getOrDefault(at, 0L)),
            at -> false);
    KernelProbes probes =
        new KernelProbes(
            text,
            at -> OptionalLong.of(words.getOrDefault(at, 0L)),
            page -> page == SLOTS ? Optional.of(PageBytes.wrap(slots.clone())) : Optional.empty(),
            at -> at < 0 && at >= layout.base(),
            Set::of);
    armed = probes.explain(text);
    return probes;
  }

  private List<KernelProbes.Armed> armed() {
    probes();
    return armed;
  }

  private boolean everythingExplained() {
    return Arrays.equals(text.expected(), 0, layout.textBytes(), guest, 0, layout.textBytes());
  }

  @Test
  void aBreakpointOfARegisteredProbeIsExplainedAndTold() {
    register(address("kprobe_dispatcher"));
    guest[PROBED] = (byte) 0xcc;

    KernelProbes.Armed probe = armed().get(0);

    assertThat(probe.place()).isEqualTo(probed());
    assertThat(probe.entry()).isEqualTo(KernelProbes.Entry.BREAKPOINT);
    assertThat(probe.handlers()).containsExactly(address("kprobe_dispatcher"));
    assertThat(probe.untrusted()).isEmpty();
    assertThat(everythingExplained()).isTrue();
  }

  @Test
  void aBreakpointThatNoProbeOwnsIsNotExplained() {
    register(address("kprobe_dispatcher"));
    guest[PROBED + 1] = (byte) 0xcc;

    assertThat(armed()).isEmpty();
    assertThat(everythingExplained()).isFalse();
  }

  @Test
  void aHandlerThatIsNoFunctionsBeginningIsTold() {
    long hook = address("kprobe_dispatcher") + 1;
    register(hook);
    guest[PROBED] = (byte) 0xcc;

    assertThat(armed().get(0).untrusted()).containsExactly(hook);
  }

  @Test
  void everyMemberOfAnAggregateIsAsked() {
    long member = PROBE + 0x400;
    register(address("kprobe_dispatcher"));
    words.put(PROBE + 16, member + 16);
    words.put(member + 16, PROBE + 16);
    words.put(member + 72, SLOTS + 0x800);
    guest[PROBED] = (byte) 0xcc;

    assertThat(armed().get(0).untrusted()).containsExactly(SLOTS + 0x800);
  }

  @Test
  void aTableThatDoesNotEndIsABlindSpot() {
    register(address("kprobe_dispatcher"));
    words.put(PROBE, PROBE);
    guest[PROBED] = (byte) 0xcc;

    probes();

    assertThat(text.blindSpots()).anyMatch(spot -> spot.contains("table of kprobes"));
  }

  @Test
  void aJumpIntoATrueDetourIsExplainedAndTold() {
    register(address("kprobe_dispatcher"));
    detour();

    KernelProbes probes = probes();

    assertThat(armed)
        .extracting(KernelProbes.Armed::entry)
        .containsExactly(KernelProbes.Entry.JUMP);
    assertThat(everythingExplained()).isTrue();
    assertThat(probes.pageAt(SLOTS)).contains("detours of kprobes");
  }

  @Test
  void noChangedByteOfADetourSurvives() {
    register(address("kprobe_dispatcher"));
    detour();
    for (int at = 0; at < TEMPLATE + DISPLACED + 5; at++) {
      slots[at] ^= 0x11;
      assertThat(armed()).as("byte %d", at).isEmpty();
      assertThat(everythingExplained()).as("byte %d", at).isFalse();
      slots[at] ^= 0x11;
    }
    assertThat(armed()).hasSize(1);
  }

  @Test
  void aDetourOfAProbeThatIsNotRegisteredIsNotExplained() {
    detour();

    assertThat(armed()).isEmpty();
    assertThat(everythingExplained()).isFalse();
  }

  @Test
  void aPageOfCopiesHoldsNothingElse() {
    register(address("kprobe_dispatcher"));
    guest[PROBED] = (byte) 0xcc;
    slots[0] = expected[PROBED];
    slots[1] = (byte) 0xcc;
    assertThat(probes().pageAt(SLOTS)).contains("copies of probed instructions");

    slots[0] ^= 1;
    assertThat(probes().pageAt(SLOTS)).isEmpty();
    slots[0] ^= 1;
    slots[PageBytes.SIZE - 1] = (byte) 0xc3;
    assertThat(probes().pageAt(SLOTS)).isEmpty();
  }

  @Test
  void anEmptyPageIsNoPageOfProbes() {
    assertThat(probes().pageAt(SLOTS)).isEmpty();
  }
}
