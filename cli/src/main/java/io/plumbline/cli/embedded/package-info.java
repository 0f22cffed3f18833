/**
 * Kafka and Flink in this process: real ones, on the loopback interface, leaving nothing behind.
 * Knows their internals, which is why no other package does; nothing of observations or verdicts.
 */
package io.plumbline.cli.embedded;
