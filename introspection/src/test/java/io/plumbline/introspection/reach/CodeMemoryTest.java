package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

class CodeMemoryTest {
  private static final long TEXT = 0xc100_0000L;
  private static final long DATA = 0xc200_0000L;

  @Test
  void whereNothingCanForbidExecutionWritableMemoryIsNoCode() {
    CodeMemory code = seen(SyntheticGuest.bits32().code(TEXT, 0xc3));

    assertThat(code.regionAt(TEXT)).isPresent();
    assertThat(code.regionAt(DATA)).isEmpty();
  }

  @Test
  void withNoExecuteWritableCodeIsCode() {
    Rights writable = new Rights(false, true, true);
    SyntheticGuest guest = SyntheticGuest.pae().place(TEXT, new byte[] {1}, writable).build();

    assertThat(kernel(guest).code().regionAt(TEXT)).isPresent();
  }

  private static CodeMemory seen(SyntheticGuestBuilder builder) {
    return kernel(builder.data(DATA, 1).idtGate(0, TEXT).build()).code();
  }

  private static GuestKernel kernel(SyntheticGuest guest) {
    return GuestKernel.of(guest.pages(), List.of(guest.vcpu()), ExplorationBudget.STANDARD)
        .kernel()
        .orElseThrow();
  }
}
