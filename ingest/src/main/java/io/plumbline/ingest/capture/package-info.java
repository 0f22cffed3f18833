/**
 * What changed in a guest since it was last looked at, as observations. Pure: memory, time and
 * names come in as arguments, observations go out to a sink. Knows neither files nor Kafka nor
 * Avro, nor where memory comes from.
 */
package io.plumbline.ingest.capture;
