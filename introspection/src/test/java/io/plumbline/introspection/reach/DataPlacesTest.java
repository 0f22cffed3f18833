package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Pages are found by their addresses and by their frames, however many there are. */
class DataPlacesTest {
  private final DataPlaces places = new DataPlaces();

  @Test
  void aPageIsFoundByItsAddressAndByItsFrame() {
    for (int i = 0; i < 1000; i++) {
      int place = places.add(DataMemory.Kind.WRITABLE, address(i), 5L * i);
      assertThat(place).isEqualTo(i);
      places.reachedAs(place, 2 * i);
    }
    for (int i = 0; i < 1000; i++) {
      assertThat(places.at(address(i))).isEqualTo(i);
      assertThat(of(5L * i)).containsExactly(i);
      assertThat(places.address(i)).isEqualTo(address(i));
      assertThat(places.frame(i)).isEqualTo(5L * i);
      assertThat(places.kind(i)).isEqualTo(DataMemory.Kind.WRITABLE);
      assertThat(places.reachedAs(i)).isEqualTo(2 * i);
    }
    assertThat(places.at(address(1000))).isEqualTo(DataPlaces.NONE);
    assertThat(of(3)).isEmpty();
    assertThat(places.size()).isEqualTo(1000);
  }

  @Test
  void aFrameTellsAllOfItsPages() {
    places.add(DataMemory.Kind.WRITABLE, address(1), 7);
    places.add(DataMemory.Kind.READ_ONLY, address(2), 7);
    places.add(DataMemory.Kind.CODE, address(3), -1);

    assertThat(of(7)).containsExactlyInAnyOrder(0, 1);
    assertThat(places.frame(2)).isEqualTo(-1);
    assertThat(places.kind(1)).isEqualTo(DataMemory.Kind.READ_ONLY);
    assertThat(places.reachedAs(1)).isEqualTo(DataPlaces.NONE);
  }

  @Test
  void aSetHasWhatWasAddedAndNothingElse() {
    LongSet set = new LongSet();
    Set<Long> added = new HashSet<>();
    Random random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      long number = (long) random.nextInt(3000) * 4096;
      set.add(number);
      added.add(number);
    }
    for (long number = 0; number < 3000L * 4096; number += 4096) {
      assertThat(set.has(number)).isEqualTo(added.contains(number));
    }
    assertThat(set.size()).isEqualTo(added.size());
    assertThat(set.toArray()).containsExactlyInAnyOrder(added.toArray(Long[]::new));
  }

  private static long address(int page) {
    return 0xffff_8880_0000_0000L + 4096L * page;
  }

  private List<Integer> of(long frame) {
    List<Integer> found = new ArrayList<>();
    places.forEachOf(frame, found::add);
    return found;
  }
}
