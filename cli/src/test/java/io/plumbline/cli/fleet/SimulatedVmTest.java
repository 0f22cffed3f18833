package io.plumbline.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.ingest.recording.ReplayedGuest;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulatedVmTest {
  private static final Path RECORDING = Path.of("../samples/recordings/5.10.0-32-cloud-amd64.avro");

  @Test
  void aVmThatGoesToAndFroIsAtEachBoundaryTheRecordedGuest() throws Exception {
    List<RecordedState> states = RecordedState.of(RECORDING);
    GuestModel model = GuestModel.of(RECORDING);
    SimulatedVm vm = new SimulatedVm("vm-00001", 5, model, false);
    ReplayedGuest guest = new ReplayedGuest();
    vm.begin(Instant.EPOCH, guest::apply);
    assertSees(guest, states.get(vm.state()));
    Random random = new Random(1);
    for (int round = 0; round < 12; round++) {
      int tampered = model.tampered().get(random.nextInt(model.tampered().size()));
      vm.become(
          round % 3 == 1 ? tampered : model.quietAfter(vm.state()), Instant.EPOCH, guest::apply);
      assertThat(vm.isTampered()).isEqualTo(round % 3 == 1);
      assertSees(guest, states.get(vm.state()));
    }
  }

  @Test
  void aVmAtWorkGoesThroughTheRoundsInWhichTheGuestWas(@TempDir Path folder) throws Exception {
    Path copy = Files.copy(RECORDING, folder.resolve(RECORDING.getFileName()));
    String key = "5.10.0-32-cloud-amd64.expected.json";
    String answers = Files.readString(RECORDING.resolveSibling(key));
    Files.writeString(folder.resolve(key), answers.replace("\"benign\"", "\"busy\""));
    List<RecordedState> states = RecordedState.of(copy);
    GuestModel model = GuestModel.of(copy);
    SimulatedVm vm = new SimulatedVm("vm-00001", 5, model, true);
    ReplayedGuest guest = new ReplayedGuest();
    List<Integer> seen = new ArrayList<>();

    vm.begin(Instant.EPOCH, guest::apply);
    for (int round = 0; round < 4; round++) {
      assertSees(guest, states.get(vm.state()));
      seen.add(vm.state());
      vm.become(vm.untampered(), Instant.EPOCH, guest::apply);
    }

    assertThat(model.worked()).isTrue();
    assertThat(seen).containsExactly(2, 3, 2, 3);
    assertThat(GuestModel.of(RECORDING).worked()).isFalse();
  }

  private static void assertSees(ReplayedGuest guest, RecordedState state) {
    assertThat(guest.frames()).isEqualTo(state.pages().size());
    for (FrameNumber frame : state.pages().frames()) {
      PageBytes page = state.read(frame).orElseThrow();
      assertThat(guest.read(frame))
          .as("frame %s", frame)
          .hasValueSatisfying(found -> assertThat(found.contentEquals(page)).isTrue());
    }
    assertThat(guest.vcpus()).isEqualTo(state.vcpus());
  }
}
