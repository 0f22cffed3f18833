package io.plumbline.introspection.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestPhysicalAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Memory that is copied where it is written. */
class TamperedMemoryTest {
  private static final FrameNumber SEVENTH = new FrameNumber(7);
  private static final byte[] CHANGE = {1, 2, 3};

  private final Map<Long, PageBytes> pages = new HashMap<>(Map.of(7L, filled(9), 8L, filled(8)));
  private final PageSource guest = frame -> Optional.ofNullable(pages.get(frame.value()));
  private final TamperedMemory memory = new TamperedMemory(guest);

  private static PageBytes filled(int value) {
    byte[] bytes = new byte[PageBytes.SIZE];
    Arrays.fill(bytes, (byte) value);
    return PageBytes.wrap(bytes);
  }

  private static GuestPhysicalAddress in(FrameNumber frame, int offset) {
    return new GuestPhysicalAddress(frame.start().value() + offset);
  }

  @Test
  void whatIsNotWrittenIsTheGuests() {
    memory.write(in(SEVENTH, 100), CHANGE);

    assertThat(memory.read(new FrameNumber(8))).contains(pages.get(8L));
    assertThat(memory.read(new FrameNumber(9))).isEmpty();
  }

  @Test
  void aWriteChangesItsBytesAndNothingOfTheGuest() {
    memory.write(in(SEVENTH, 100), CHANGE);

    byte[] expected = filled(9).toByteArray();
    System.arraycopy(CHANGE, 0, expected, 100, CHANGE.length);
    assertThat(memory.read(SEVENTH).orElseThrow().toByteArray()).isEqualTo(expected);
    assertThat(guest.read(SEVENTH).orElseThrow().contentEquals(filled(9))).isTrue();
    assertThat(memory.changedFrames()).isEqualTo(1);
  }

  @Test
  void aPageThatSomebodyHoldsStaysAsItWasRead() {
    memory.write(in(SEVENTH, 0), CHANGE);
    PageBytes held = memory.read(SEVENTH).orElseThrow();
    memory.write(in(SEVENTH, 1), CHANGE);

    assertThat(held.byteAt(1)).isEqualTo(2);
    assertThat(memory.read(SEVENTH).orElseThrow().byteAt(1)).isEqualTo(1);
  }

  @Test
  void freshFramesAreBlankAndNeitherTheGuestsNorHandedOutTwice() {
    FrameNumber first = memory.fresh();
    FrameNumber second = memory.fresh();

    assertThat(second).isNotEqualTo(first);
    assertThat(guest.read(first)).isEmpty();
    assertThat(memory.read(first)).contains(PageBytes.ZERO);
    memory.write(in(first, 4093), CHANGE);
    assertThat(memory.read(first).orElseThrow().byteAt(4095)).isEqualTo(3);
    assertThat(memory.read(second).orElseThrow().isZero()).isTrue();
  }

  @Test
  void aFrameThatTheGuestHasIsNeverHandedOut() {
    FrameNumber taken = new TamperedMemory(guest).fresh();
    pages.put(taken.value(), filled(1));

    assertThat(memory.fresh()).isEqualTo(new FrameNumber(taken.value() + 1));
  }

  @Test
  void whatCannotBeReadCannotBeWritten() {
    assertThatThrownBy(() -> memory.write(in(new FrameNumber(9), 0), CHANGE))
        .isInstanceOf(NoPlaceException.class)
        .hasMessage("frame 0x9 cannot be read");
  }

  @Test
  void aWriteThatLeavesItsFrameIsABug() {
    assertThatThrownBy(() -> memory.write(in(SEVENTH, 4094), CHANGE))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(memory.read(SEVENTH).orElseThrow().contentEquals(filled(9))).isTrue();
  }
}
