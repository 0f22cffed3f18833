/**
 * The job's settings as a command line gives them. Knows flink-jobs' configuration; nothing of
 * consoles.
 */
package io.plumbline.cli.job;
