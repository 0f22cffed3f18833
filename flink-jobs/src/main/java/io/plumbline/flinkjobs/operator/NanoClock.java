package io.plumbline.flinkjobs.operator;

import java.io.Serializable;
import java.util.function.LongSupplier;

/** What verdicts are timed with; travels with the job. */
@FunctionalInterface
interface NanoClock extends LongSupplier, Serializable {}
