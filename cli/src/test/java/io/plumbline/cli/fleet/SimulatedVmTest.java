package io.plumbline.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.ingest.recording.ReplayedGuest;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SimulatedVmTest {
  private static final Path RECORDING = Path.of("../samples/recordings/5.10.0-32-cloud-amd64.avro");

  @Test
  void aVmThatGoesToAndFroIsAtEachBoundaryTheRecordedGuest() throws Exception {
    List<RecordedState> states = RecordedState.of(RECORDING);
    GuestModel model = GuestModel.of(RECORDING);
    SimulatedVm vm = new SimulatedVm("vm-00001", 5, model);
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

  private static void assertSees(ReplayedGuest guest, RecordedState state) {
    assertThat(guest.frames()).isEqualTo(state.pages().size());
    state
        .pages()
        .forEach(
            (frame, page) ->
                assertThat(guest.read(frame))
                    .as("frame %s", frame)
                    .hasValueSatisfying(found -> assertThat(found.contentEquals(page)).isTrue()));
    assertThat(guest.vcpus()).isEqualTo(state.vcpus());
  }
}
