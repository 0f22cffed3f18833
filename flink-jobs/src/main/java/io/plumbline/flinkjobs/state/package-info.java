/**
 * What flows between operators and what a savepoint holds: public records of plain things, which
 * Flink serializes field by field without Kryo. Knows the core's enumerations; must not know Avro,
 * topics' encodings or connectors.
 *
 * <p>State grows at the end and forgives the past: a new component goes last and may be null or
 * zero after the restore of an older savepoint, so no constructor here rejects a null.
 */
package io.plumbline.flinkjobs.state;
