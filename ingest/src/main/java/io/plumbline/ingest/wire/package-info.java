/**
 * Observations as Avro records and back. Knows both sides and nothing else; what comes back is
 * checked, since files and topics are hostile.
 */
package io.plumbline.ingest.wire;
