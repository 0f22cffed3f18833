/**
 * The production topology on an embedded cluster: what the job is given to judge with and where its
 * signatures come from. Knows flink-jobs; nothing of consoles.
 */
package io.plumbline.cli.job;
