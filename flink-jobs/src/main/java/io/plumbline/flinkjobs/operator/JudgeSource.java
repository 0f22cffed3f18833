package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.trust.Judge;
import java.io.Serializable;

/** Makes the judge where the job runs, because a judge itself does not travel. */
@FunctionalInterface
public interface JudgeSource extends Serializable {
  /** A judge for one parallel instance of the analysis. */
  Judge open();
}
