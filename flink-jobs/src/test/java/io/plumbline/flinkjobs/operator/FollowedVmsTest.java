package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.trust.Follower;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Judge;
import io.plumbline.introspection.trust.Verdict;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FollowedVmsTest {
  private static final SignatureBook BOOK = List::of;

  private final Judge judge = new CountingJudge();
  private int looks;
  private int follows;
  private int frames;
  private int lights;
  private long bytes = 1;

  /** Says nothing, and counts how it was asked. */
  private final class CountingJudge implements Judge {
    @Override
    public Verdict judge(Guest guest, SignatureBook book) {
      looks++;
      return null;
    }

    @Override
    public Follower lightFollower() {
      lights++;
      return follower();
    }

    @Override
    public Follower follower() {
      return new Follower() {
        @Override
        public Verdict judge(Guest guest, SignatureBook book) {
          looks++;
          return null;
        }

        @Override
        public long heldBytes() {
          return bytes;
        }

        @Override
        public Verdict follow(Guest now, Collection<FrameNumber> changed, SignatureBook book) {
          follows++;
          frames += changed.size();
          return null;
        }
      };
    }
  }

  private void round(FollowedVms vms, int vm) {
    String vmId = "vm-" + vm;
    vms.changed(vmId, 7);
    FollowedVm judged = vms.of(vmId, judge);
    judged.judge(new Guest(vmId, frame -> Optional.empty(), List.of()), BOOK, judge);
    vms.judged(judged);
  }

  /** For so many VMs. */
  private static FollowerPlaces places(int vms) {
    return new FollowerPlaces(vms, new FollowerPlaces.Expected(1, 1));
  }

  @Test
  void whoHasAPlaceIsFollowedWithWhatChanged() {
    FollowerPlaces places = places(2);
    FollowedVms vms = new FollowedVms(places);

    for (int i = 0; i < 5; i++) {
      round(vms, 1);
      round(vms, 2);
    }

    assertThat(looks).isEqualTo(2);
    assertThat(follows).isEqualTo(8);
    assertThat(frames).isEqualTo(8);
    assertThat(places.size()).isEqualTo(2);
  }

  @Test
  void vmsThatHaveTheirRoundsInTurnDoNotDriveOutEachOther() {
    FollowerPlaces places = places(10);
    FollowedVms vms = new FollowedVms(places);

    for (int i = 0; i < 100; i++) {
      for (int vm = 0; vm < 20; vm++) {
        round(vms, vm);
      }
    }

    // Half of them have a place, and keep it.
    assertThat(follows).isEqualTo(10 * 99);
    assertThat(places.size()).isEqualTo(10);
  }

  @Test
  void oneThatIsSilentGivesWayToOneThatComesLater() {
    FollowedVms vms = new FollowedVms(places(2));
    round(vms, 1);
    round(vms, 2);

    for (int i = 0; i < 40; i++) {
      round(vms, 2);
      round(vms, 3);
    }

    // The first was silent for twice as long as the third with the third's third round.
    assertThat(follows).isEqualTo(40 + 37);
  }

  @Test
  void oneThatIsJudgedMoreOftenTakesThePlaceOfOneThatIsSeldom() {
    FollowedVms vms = new FollowedVms(places(1));
    for (int i = 0; i < 10; i++) {
      round(vms, 1);
      for (int j = 0; j < 9; j++) {
        round(vms, 2);
      }
    }

    assertThat(follows).isEqualTo(10 * 9 - 4);
  }

  @Test
  void aVmWhoseMemoryIsAnotherIsLookedAtAgain() {
    FollowerPlaces places = places(2);
    FollowedVms vms = new FollowedVms(places);
    round(vms, 1);
    vms.forget("vm-1");
    round(vms, 1);
    vms.forgetAll();
    round(vms, 1);

    assertThat(looks).isEqualTo(3);
    assertThat(follows).isZero();
  }

  @Test
  void whoComesAfterTheFirstIsFollowedLightly() {
    FollowedVms vms = new FollowedVms(places(8));
    for (int vm = 0; vm < 8; vm++) {
      round(vms, vm);
    }

    // A quarter of the room is for those that are not.
    assertThat(lights).isEqualTo(6);
    assertThat(looks).isEqualTo(8);
  }

  @Test
  void whenThereIsNoRoomTheFirstOnesMakeSomeAndAreFollowedLightlyLater() {
    FollowedVms vms = new FollowedVms(places(8));
    for (int vm = 0; vm < 11; vm++) {
      round(vms, vm);
    }

    // Two of the three that came later have a place.
    assertThat(lights).isEqualTo(8);
    round(vms, 2);
    round(vms, 9);
    assertThat(follows).isEqualTo(2);

    vms.forget("vm-2");
    round(vms, 0);
    assertThat(lights).isEqualTo(9);
    assertThat(follows).isEqualTo(2);
  }

  @Test
  void aVmThatTakesMoreThanExpectedDrivesOutOthersAndThenItself() {
    FollowerPlaces places = places(8);
    FollowedVms vms = new FollowedVms(places);
    for (int vm = 0; vm < 8; vm++) {
      round(vms, vm);
    }

    bytes = 5;
    round(vms, 7);
    assertThat(places.size()).isEqualTo(4);
    bytes = 9;
    round(vms, 7);

    // The others went first.
    assertThat(places.size()).isZero();
  }

  @Test
  void instancesSharePlacesAndNoVms() {
    FollowerPlaces places = places(1);
    FollowedVms one = new FollowedVms(places);
    FollowedVms other = new FollowedVms(places);
    round(one, 1);

    round(other, 1);
    one.forgetAll();
    round(other, 1);

    assertThat(looks).isEqualTo(3);
    assertThat(places.size()).isEqualTo(1);
  }
}
