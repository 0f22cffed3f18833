package io.plumbline.introspection.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.paging.Translation;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Guest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A copy of a guest to make things in. */
class SceneTest {
  private static final long PAGE = 0x1000;

  private final SyntheticImage image = SyntheticImage.classic();
  private final SyntheticGuest synthetic = image.guest(SyntheticGuest.longMode());
  private final Scene scene = new Scene(subject());

  private Subject subject() {
    Guest guest = new Guest("vm", synthetic.pages(), List.of(synthetic.vcpu()));
    GuestKernel kernel =
        GuestKernel.of(guest.memory(), guest.vcpus(), ExplorationBudget.STANDARD)
            .kernel()
            .orElseThrow();
    SignatureId id = new SignatureId("sha256:" + "3".repeat(64));
    PackageSignature signature = new PackageSignature(id, image.image(), new long[0]);
    return Subject.of(guest, kernel, signature, SyntheticImage.SLIDE);
  }

  private Translation inTampered(long address) {
    Guest tampered = scene.tampering(List.of()).tampered();
    return AddressSpace.of(tampered.vcpus().get(0), tampered.memory())
        .translate(new GuestVirtualAddress(address));
  }

  @Test
  void aHookIsExecutableReadOnlyAloneAndOwed() {
    long hook = scene.payload();

    assertThat(inTampered(hook))
        .isInstanceOfSatisfying(
            Translation.Mapped.class,
            mapped -> assertThat(mapped.rights()).isEqualTo(Rights.KERNEL_CODE));
    assertThat(inTampered(hook - PAGE)).isInstanceOf(Translation.NotMapped.class);
    assertThat(inTampered(hook + PAGE)).isInstanceOf(Translation.NotMapped.class);
    assertThat(scene.read(hook, 4)).containsExactly(0x31, 0xc0, 0xc3, 0);
    assertThat(scene.tampering(List.of()).expected())
        .as("code of a kernel whose modules are not known")
        .containsExactly(
            Expected.of(FindingType.DYNAMIC_CODE, hook, new GuestVirtualAddress(hook).toString()));
  }

  @Test
  void anAttackersDataIsWritableAndNotOwed() {
    long data = scene.data((byte) 7);

    assertThat(inTampered(data))
        .isInstanceOfSatisfying(
            Translation.Mapped.class,
            mapped -> assertThat(mapped.rights()).isEqualTo(Rights.KERNEL_DATA));
    assertThat(scene.payload()).isNotEqualTo(data);
    assertThat(scene.tampering(List.of()).expected()).hasSize(1);
  }

  @Test
  void readOnlyPagesAreWrittenAcrossTheirEnds() {
    long end = image.addressOf("__start_rodata") + PAGE;
    scene.writeLong(end - 3, 0x1122334455667788L);

    assertThat(scene.readLong(end - 3)).isEqualTo(0x1122334455667788L);
    assertThat(scene.again().readLong(end - 3)).isNotEqualTo(0x1122334455667788L);
  }

  @Test
  void whatIsNotMappedIsNoPlace() {
    assertThatThrownBy(() -> scene.write(0x400000, new byte[1]))
        .isInstanceOf(NoPlaceException.class)
        .hasMessage("0x400000 is not mapped");
    assertThatThrownBy(() -> scene.read(0x400000, 1))
        .isInstanceOf(NoPlaceException.class)
        .hasMessage("0x400000 cannot be read");
  }

  @Test
  void aChangeOfCodeIsToldAtTheInstructionOfItsFirstChangedByte() {
    // "push rbx" again and again: the first two bytes stay.
    long function = image.addressOf("function_b");
    Expected expected = scene.changeCode(function, new byte[] {0x53, 0x53, 0x50});

    assertThat(expected)
        .isEqualTo(
            Expected.of(FindingType.UNEXPECTED_CODE_MODIFICATION, function + 2, "function_b+0x2"));
  }

  @Test
  void aChangeThatChangesNothingIsNone() {
    long function = image.addressOf("function_b");
    assertThatThrownBy(() -> scene.changeCode(function, new byte[] {0x53}))
        .isInstanceOf(NoPlaceException.class)
        .hasMessage("function_b holds these bytes already");
  }

  @Test
  void registersAreChangedInTheCopyAlone() {
    scene.registers(0, vcpu -> vcpu.withIdt(vcpu.gdtr()));

    assertThat(scene.tampering(List.of()).tampered().vcpus().get(0).idtr())
        .isEqualTo(synthetic.vcpu().gdtr());
    assertThat(scene.again().vcpus()).containsExactly(synthetic.vcpu());
  }
}
