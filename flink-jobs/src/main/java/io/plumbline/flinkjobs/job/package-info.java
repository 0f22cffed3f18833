/**
 * The job: its topology, the operators' uids, and the only place that knows connectors. Sources and
 * sinks are arguments of the topology, so that tests run the one that production runs.
 */
package io.plumbline.flinkjobs.job;
