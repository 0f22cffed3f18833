package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.ResyncRecord;
import io.plumbline.flinkjobs.state.TrustRecord;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.util.OutputTag;

/** The side outputs; findings are the analysis' main output. */
public final class Outputs {
  public static final OutputTag<IdentityRecord> IDENTITIES =
      new OutputTag<>("identities", TypeInformation.of(IdentityRecord.class));
  public static final OutputTag<CoverageRecord> COVERAGE =
      new OutputTag<>("coverage", TypeInformation.of(CoverageRecord.class));
  public static final OutputTag<TrustRecord> TRUST =
      new OutputTag<>("trust", TypeInformation.of(TrustRecord.class));
  public static final OutputTag<ResyncRecord> RESYNC_REQUESTS =
      new OutputTag<>("resync-requests", TypeInformation.of(ResyncRecord.class));
  public static final OutputTag<Refusal> DEAD_LETTERS =
      new OutputTag<>("dead-letters", TypeInformation.of(Refusal.class));

  private Outputs() {}
}
