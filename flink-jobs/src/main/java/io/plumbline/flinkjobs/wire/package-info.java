/**
 * Between bytes on topics and flat records: framing, Avro, and every check that needs no state.
 * What is malformed becomes a refusal with its reason and the original bytes. The only package that
 * knows the generated Avro classes; must not know Flink or connectors.
 */
package io.plumbline.flinkjobs.wire;
