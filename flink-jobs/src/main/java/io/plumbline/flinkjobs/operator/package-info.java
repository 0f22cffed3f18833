/**
 * The analysis of one VM: the capture protocol, when to judge, and what of a verdict is news. The
 * rules are plain classes that reach state and outputs through two ports; only {@link
 * io.plumbline.flinkjobs.operator.AnalysisFunction} and {@code FlinkMemory} know Flink. Must not
 * know Avro, Kafka or the clock: order within a VM is the sequence number.
 */
package io.plumbline.flinkjobs.operator;
