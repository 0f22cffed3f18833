package io.plumbline.flinkjobs.state;

import org.apache.flink.types.PojoTestUtils;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateTypesTest {
  @ParameterizedTest
  @ValueSource(
      classes = {
        VmThread.class,
        VcpuSet.class,
        VmPulse.class,
        PageIndex.class,
        GuestImage.class,
        VerdictBasis.class,
        PublishedVerdict.class,
        SignatureEntry.class,
        VmObservation.class,
        IncomingObservation.class,
        IncomingSignature.class,
        Refusal.class,
        IdentityRecord.class,
        CoverageRecord.class,
        TrustRecord.class,
        FindingRecord.class,
        ResyncRecord.class
      })
  void everyTypeIsSerializedFieldByFieldWithoutKryo(Class<?> type) {
    PojoTestUtils.assertSerializedAsPojoWithoutKryo(type);
  }
}
