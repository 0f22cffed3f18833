package io.plumbline.flinkjobs.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.GeneralRegisters;
import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.schemas.ControlRegisterValues;
import io.plumbline.schemas.DebugRegisterValues;
import io.plumbline.schemas.DescriptorTableValue;
import io.plumbline.schemas.GeneralRegisterValues;
import io.plumbline.schemas.ModelSpecificRegisterValues;
import io.plumbline.schemas.SegmentValue;
import io.plumbline.schemas.Vcpu;
import io.plumbline.schemas.wire.WireFormatException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VcpuDecodingTest {
  /** Every register holds a number of its own, so that two that are swapped show. */
  private static Vcpu.Builder described(int index) {
    return Vcpu.newBuilder()
        .setIndex(index)
        .setControl(new ControlRegisterValues(1L, 2L, 3L, 4L))
        .setGeneral(
            new GeneralRegisterValues(
                10L, 11L, 12L, 13L, 14L, 15L, 16L, 17L, 18L, 19L, 20L, 21L, 22L, 23L, 24L, 25L, 26L,
                27L))
        .setEs(segment(30))
        .setCs(segment(31))
        .setSs(segment(32))
        .setDs(segment(33))
        .setFs(segment(34))
        .setGs(segment(35))
        .setLdt(segment(36))
        .setTr(segment(37))
        .setGdtr(new DescriptorTableValue(-50L, 51))
        .setIdtr(new DescriptorTableValue(-52L, 65535))
        .setMsrs(new ModelSpecificRegisterValues(60L, 61L, 62L, 63L, 64L, 65L, 66L, 67L, 68L))
        .setDebug(new DebugRegisterValues(70L, 71L, 72L, 73L, 74L, 75L));
  }

  private static Vcpu vcpu(int index) {
    return described(index).build();
  }

  private static SegmentValue segment(int number) {
    return new SegmentValue(number, number + 100L, number + 200L, number + 300);
  }

  private static Segment domainSegment(int number) {
    return new Segment(number, number + 100L, number + 200L, number + 300);
  }

  @Test
  void everyRegisterArrivesInItsPlace() throws WireFormatException {
    assertThat(VcpuDecoding.decode(List.of(vcpu(3))).get(0).toDomain())
        .isEqualTo(
            new VcpuState(
                3,
                new ControlRegisters(1, 2, 3, 4),
                new GeneralRegisters(
                    10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27),
                domainSegment(30),
                domainSegment(31),
                domainSegment(32),
                domainSegment(33),
                domainSegment(34),
                domainSegment(35),
                domainSegment(36),
                domainSegment(37),
                new DescriptorTable(new GuestVirtualAddress(-50), 51),
                new DescriptorTable(new GuestVirtualAddress(-52), 65535),
                Optional.of(new ModelSpecificRegisters(60, 61, 62, 63, 64, 65, 66, 67, 68)),
                Optional.of(new DebugRegisters(70, 71, 72, 73, 74, 75))));
  }

  @Test
  void registersThatTheSourceDoesNotCarryAreAbsentAndNotZero() throws WireFormatException {
    Vcpu bare = described(0).setMsrs(null).setDebug(null).build();
    VcpuState state = VcpuDecoding.decode(List.of(bare)).get(0).toDomain();
    assertThat(state.msrs()).isEmpty();
    assertThat(state.debug()).isEmpty();
  }

  @Test
  void vcpusThatContradictTheContractAreRefused() {
    Vcpu wide = described(0).setIdtr(new DescriptorTableValue(0L, 65536)).build();
    Vcpu negative = described(0).setGdtr(new DescriptorTableValue(0L, -1)).build();
    assertRefused(List.of(), "found 0");
    assertRefused(Collections.nCopies(8193, vcpu(0)), "found 8193");
    assertRefused(List.of(vcpu(1), vcpu(1)), "an index above 1, found 1");
    assertRefused(List.of(vcpu(-1)), "an index above -1, found -1");
    assertRefused(List.of(wide), "IDTR limit of 0 to 65535, found 65536");
    assertRefused(List.of(negative), "GDTR limit of 0 to 65535, found -1");
  }

  private static void assertRefused(List<Vcpu> vcpus, String why) {
    assertThatThrownBy(() -> VcpuDecoding.decode(vcpus))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining(why);
  }
}
