/**
 * Observations to Kafka: in order, bounded in memory, none lost that was accepted. Knows the
 * producer and the wire format; not where observations come from.
 */
package io.plumbline.ingest.publish;
