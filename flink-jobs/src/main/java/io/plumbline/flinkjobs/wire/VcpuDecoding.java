package io.plumbline.flinkjobs.wire;

import io.plumbline.flinkjobs.state.VcpuRecord;
import io.plumbline.schemas.ControlRegisterValues;
import io.plumbline.schemas.DebugRegisterValues;
import io.plumbline.schemas.DescriptorTableValue;
import io.plumbline.schemas.GeneralRegisterValues;
import io.plumbline.schemas.ModelSpecificRegisterValues;
import io.plumbline.schemas.SegmentValue;
import io.plumbline.schemas.Vcpu;
import io.plumbline.schemas.wire.WireFormatException;
import java.util.ArrayList;
import java.util.List;

/** vCPUs as Avro has them to flat records, whose arrays' order is {@link VcpuRecord}'s. */
final class VcpuDecoding {
  /** Linux' CONFIG_NR_CPUS on x86 ends at 8192 (arch/x86/Kconfig, NR_CPUS_RANGE_END). */
  private static final int MOST_VCPUS = 8192;

  private static final int MOST_LIMIT = 0xffff;

  private VcpuDecoding() {}

  static List<VcpuRecord> decode(List<Vcpu> avro) throws WireFormatException {
    if (avro.isEmpty() || avro.size() > MOST_VCPUS) {
      throw new WireFormatException(
          "vCPU states: expected 1 to " + MOST_VCPUS + " vCPUs, found " + avro.size());
    }
    List<VcpuRecord> records = new ArrayList<>(avro.size());
    int last = -1;
    for (Vcpu vcpu : avro) {
      if (vcpu.getIndex() <= last) {
        throw new WireFormatException(
            "vCPU states: expected an index above " + last + ", found " + vcpu.getIndex());
      }
      last = vcpu.getIndex();
      records.add(decode(vcpu));
    }
    return records;
  }

  private static VcpuRecord decode(Vcpu vcpu) throws WireFormatException {
    ModelSpecificRegisterValues msrs = vcpu.getMsrs();
    DebugRegisterValues debug = vcpu.getDebug();
    return new VcpuRecord(
        vcpu.getIndex(),
        control(vcpu.getControl()),
        general(vcpu.getGeneral()),
        segments(vcpu),
        tables(vcpu),
        msrs == null ? null : msrs(msrs),
        debug == null ? null : debug(debug));
  }

  private static long[] control(ControlRegisterValues r) {
    return new long[] {r.getCr0(), r.getCr2(), r.getCr3(), r.getCr4()};
  }

  private static long[] general(GeneralRegisterValues r) {
    return new long[] {
      r.getRax(), r.getRcx(), r.getRdx(), r.getRbx(), r.getRsp(), r.getRbp(), r.getRsi(),
      r.getRdi(), r.getR8(), r.getR9(), r.getR10(), r.getR11(), r.getR12(), r.getR13(),
      r.getR14(), r.getR15(), r.getRip(), r.getRflags()
    };
  }

  private static long[] segments(Vcpu vcpu) {
    List<SegmentValue> segments =
        List.of(
            vcpu.getEs(),
            vcpu.getCs(),
            vcpu.getSs(),
            vcpu.getDs(),
            vcpu.getFs(),
            vcpu.getGs(),
            vcpu.getLdt(),
            vcpu.getTr());
    long[] flat = new long[4 * segments.size()];
    int at = 0;
    for (SegmentValue segment : segments) {
      flat[at++] = segment.getSelector();
      flat[at++] = segment.getBase();
      flat[at++] = segment.getLimit();
      flat[at++] = segment.getFlags();
    }
    return flat;
  }

  private static long[] tables(Vcpu vcpu) throws WireFormatException {
    DescriptorTableValue gdtr = vcpu.getGdtr();
    DescriptorTableValue idtr = vcpu.getIdtr();
    return new long[] {
      gdtr.getBase(), limit("GDTR", vcpu, gdtr), idtr.getBase(), limit("IDTR", vcpu, idtr)
    };
  }

  private static long limit(String register, Vcpu vcpu, DescriptorTableValue table)
      throws WireFormatException {
    int limit = table.getLimit();
    if (limit < 0 || limit > MOST_LIMIT) {
      throw new WireFormatException(
          "vCPU "
              + vcpu.getIndex()
              + ": expected a "
              + register
              + " limit of 0 to 65535, found "
              + limit);
    }
    return limit;
  }

  private static long[] msrs(ModelSpecificRegisterValues r) {
    return new long[] {
      r.getEfer(),
      r.getStar(),
      r.getLstar(),
      r.getCstar(),
      r.getFmask(),
      r.getKernelGsBase(),
      r.getSysenterCs(),
      r.getSysenterEsp(),
      r.getSysenterEip()
    };
  }

  private static long[] debug(DebugRegisterValues r) {
    return new long[] {r.getDr0(), r.getDr1(), r.getDr2(), r.getDr3(), r.getDr6(), r.getDr7()};
  }
}
