package io.plumbline.introspection.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Pages are found by their frames, in a row or not, and numbers by their index. */
class FramePagesTest {
  @RepeatedTest(30)
  void eachFrameTellsItsPages(RepetitionInfo repetition) {
    String seed = "seed " + repetition.getCurrentRepetition();
    Random random = new Random(repetition.getCurrentRepetition());
    long[] frames = new long[random.nextInt(600)];
    long next = 0;
    for (int page = 0; page < frames.length; page++) {
      next = random.nextInt(30) == 0 ? random.nextInt(300) : next + 1;
      frames[page] = random.nextInt(40) == 0 ? -1 : next;
    }
    FramePages pages = FramePages.of(frames, frames.length);
    Set<Integer> seen = new TreeSet<>();
    for (long frame = 0; frame < 1200; frame++) {
      Set<Integer> expected = new TreeSet<>();
      for (int page = 0; page < frames.length; page++) {
        if (frames[page] == frame) {
          expected.add(page);
        }
      }
      Set<Integer> found = new TreeSet<>();
      pages.allOf(frame, found::add);
      assertEquals(expected, found, seed);
      seen.addAll(found);
    }
    List<Integer> all = new ArrayList<>();
    pages.forEach(
        (page, frame) -> {
          assertEquals(frames[page], frame, seed);
          all.add(page);
        });
    assertEquals(seen, new TreeSet<>(all), seed);
    assertEquals(seen.size(), all.size(), seed);
  }

  @Test
  void theFirstPageThatFailsEndsTheSearch() {
    FramePages pages = FramePages.of(new long[] {4, 9, 4}, 3);
    List<Integer> asked = new ArrayList<>();
    assertFalse(
        pages.allOf(
            4,
            page -> {
              asked.add(page);
              return false;
            }));
    assertEquals(1, asked.size());
  }

  @Test
  void numbersThatRiseAreToldByIndex() {
    long[] numbers = {5, 6, 7, 3, 4, 4, -1, 0, 1L << 50};
    RisingNumbers rising = RisingNumbers.of(numbers, 1);
    assertEquals(numbers.length, rising.size());
    for (int i = 0; i < numbers.length; i++) {
      assertEquals(numbers[i], rising.get(i));
    }
    assertThrows(IndexOutOfBoundsException.class, () -> rising.get(numbers.length));
    assertThrows(IndexOutOfBoundsException.class, () -> rising.get(-1));
  }
}
