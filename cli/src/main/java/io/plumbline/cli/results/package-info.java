/**
 * What the stream says about guests, as this command shows it: one record per kind of result, its
 * JSON, its line of text, and the newest state of a fleet. Knows nothing of Kafka or Avro.
 */
package io.plumbline.cli.results;
