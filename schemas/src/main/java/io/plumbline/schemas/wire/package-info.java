/**
 * From records to bytes and back: the topics and their contracts, Confluent's framing, and the
 * registry that gives schemas their numbers. Knows Avro and the registry's REST API; knows neither
 * Kafka nor what a record means.
 */
package io.plumbline.schemas.wire;
