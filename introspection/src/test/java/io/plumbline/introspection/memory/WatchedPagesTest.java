package io.plumbline.introspection.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was read tells whether it is another, with its bytes at hand or given back. */
class WatchedPagesTest {
  private static final FrameNumber FRAME = new FrameNumber(7);
  private static final FrameNumber TABLE = new FrameNumber(8);
  private static final FrameNumber OTHER_TABLE = new FrameNumber(9);

  private final Map<FrameNumber, PageBytes> guest = new HashMap<>();
  private final WatchedPages.Reading reading = new WatchedPages.Reading();
  private final PageSource source = frame -> Optional.ofNullable(guest.get(frame));
  private final WatchedPages pages = new WatchedPages(source, reading);

  @BeforeEach
  void readOneWordOfEach() {
    guest.put(FRAME, page(16, 5));
    guest.put(TABLE, page(2048, 6));
    guest.put(OTHER_TABLE, page(2048, 6));
    assertEquals(5, pages.read(FRAME).orElseThrow().longAt(16));
    assertEquals(6, pages.readTable(TABLE).orElseThrow().longAt(2048));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aWordThatWasReadCountsAndNoOther(boolean givenBack) {
    rest(givenBack);
    assertFalse(reading.isOutdatedBy(FRAME, Optional.of(page(24, 1, 16, 5))));
    assertTrue(reading.isOutdatedBy(FRAME, Optional.of(page(16, 4))));
    assertTrue(reading.isOutdatedBy(FRAME, Optional.empty()));
    assertFalse(reading.isOutdatedBy(TABLE, Optional.of(page(0, 9, 2048, 6))));
    assertTrue(reading.isOutdatedBy(TABLE, Optional.of(page(2048, 7))));
    assertFalse(reading.isOutdatedBy(new FrameNumber(99), Optional.empty()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsReadLaterCountsFromThenOnAsTheGuestHasItThen(boolean givenBack) {
    rest(givenBack);
    guest.put(FRAME, page(24, 1, 16, 5));
    reading.renew(FRAME, Optional.of(guest.get(FRAME)));
    assertEquals(1, pages.read(FRAME).orElseThrow().longAt(24));
    rest(givenBack);
    assertFalse(reading.isOutdatedBy(FRAME, Optional.of(page(24, 1, 16, 5))));
    assertTrue(reading.isOutdatedBy(FRAME, Optional.of(page(24, 2, 16, 5))));
    assertTrue(reading.isOutdatedBy(FRAME, Optional.of(page(24, 1, 16, 6))));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatCouldNotBeReadIsAnotherOnceItCan(boolean givenBack) {
    FrameNumber missing = new FrameNumber(99);
    assertTrue(pages.read(missing).isEmpty());
    rest(givenBack);
    assertFalse(reading.isOutdatedBy(missing, Optional.empty()));
    assertTrue(reading.isOutdatedBy(missing, Optional.of(PageBytes.ZERO)));
    assertTrue(pages.read(missing).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void renewedItIsHeldAgainstWhatItWasRenewedWith(boolean givenBack) {
    rest(givenBack);
    reading.renew(FRAME, Optional.of(page(16, 4)));
    assertFalse(reading.isOutdatedBy(FRAME, Optional.of(page(16, 4))));
    assertTrue(reading.isOutdatedBy(FRAME, Optional.of(page(16, 5))));
    reading.renew(FRAME, Optional.empty());
    rest(givenBack);
    assertTrue(reading.isOutdatedBy(FRAME, Optional.of(page(16, 4))));
    assertFalse(reading.isOutdatedBy(FRAME, Optional.empty()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTopTableMovesToAFrameThatHoldsTheSame(boolean givenBack) {
    rest(givenBack);
    assertTrue(reading.move(List.of(new TableMove(TABLE, OTHER_TABLE)), source));
    rest(givenBack);
    assertTrue(reading.isOutdatedBy(OTHER_TABLE, Optional.of(page(2048, 7))));
    assertFalse(reading.isOutdatedBy(TABLE, Optional.of(page(2048, 7))));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void itDoesNotMoveToAFrameThatHoldsAnything(boolean givenBack) {
    guest.put(OTHER_TABLE, page(2048, 7));
    rest(givenBack);
    assertFalse(reading.move(List.of(new TableMove(TABLE, OTHER_TABLE)), source));
    assertTrue(reading.isOutdatedBy(TABLE, Optional.of(page(2048, 7))));
  }

  /** Both readings of a frame count, also if one of them is of another role. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void twoTablesThatMoveToOneFrameCountBoth(boolean givenBack) {
    assertEquals(0, pages.readTable(OTHER_TABLE).orElseThrow().longAt(8));
    rest(givenBack);
    assertTrue(
        reading.move(
            List.of(new TableMove(TABLE, OTHER_TABLE), new TableMove(OTHER_TABLE, OTHER_TABLE)),
            source));
    rest(givenBack);
    assertTrue(reading.isOutdatedBy(OTHER_TABLE, Optional.of(page(2048, 7))));
    assertTrue(reading.isOutdatedBy(OTHER_TABLE, Optional.of(page(8, 1, 2048, 6))));
    assertFalse(reading.isOutdatedBy(OTHER_TABLE, Optional.of(page(0, 1, 2048, 6))));
  }

  @Test
  void givenBackItHoldsNoBytes() {
    assertTrue(reading.heldBytes() > 2L * PageBytes.SIZE);
    reading.giveBack();
    assertTrue(reading.heldBytes() < 2 * 64);
    pages.read(FRAME).orElseThrow().longAt(24);
    assertTrue(reading.heldBytes() > PageBytes.SIZE);
    assertTrue(reading.heldBytes() < 2L * PageBytes.SIZE);
  }

  @Test
  void pagesThatAreReadAfterOthersWereGivenBackCountBesideThem() {
    for (int frame = 100; frame < 400; frame++) {
      // Not in the order of their frames, so that they come between those before.
      FrameNumber next = new FrameNumber(100 + frame * 7 % 300);
      guest.put(next, page(8L * (frame % 5), 50 + (int) next.value() % 50));
      pages.read(next).orElseThrow().longAt(8 * (frame % 5));
      if (frame % 9 == 0) {
        reading.giveBack();
      }
    }
    reading.giveBack();
    for (int frame = 100; frame < 400; frame++) {
      FrameNumber next = new FrameNumber(100 + frame * 7 % 300);
      assertFalse(reading.isOutdatedBy(next, Optional.of(guest.get(next))));
      assertTrue(reading.isOutdatedBy(next, Optional.of(page(8L * (frame % 5), 1))));
      assertTrue(reading.isOutdatedBy(next, Optional.empty()));
    }
  }

  @Test
  void whatWasGivenBackAndIsGoneIsAnErrorThatNamesIt() {
    reading.giveBack();
    guest.remove(FRAME);
    String message =
        assertThrows(IllegalStateException.class, () -> pages.read(FRAME)).getMessage();
    assertTrue(message.contains(FRAME.toString()), message);
  }

  private void rest(boolean givenBack) {
    if (givenBack) {
      reading.giveBack();
    }
  }

  /** A page of zeros but for 64-bit words: offset, value and so on. */
  private static PageBytes page(long... words) {
    ByteBuffer bytes = ByteBuffer.allocate(PageBytes.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < words.length; i += 2) {
      bytes.putLong((int) words[i], words[i + 1]);
    }
    return PageBytes.wrap(bytes.array());
  }
}
