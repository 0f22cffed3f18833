/**
 * Between Kafka's bytes and this command's results: the only place of this module that knows the
 * generated Avro classes.
 */
package io.plumbline.cli.wire;
