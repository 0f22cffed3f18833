/**
 * What this command asks of a broker besides reading and writing: making topics, and how far a
 * reader has come. Knows Kafka's client; nothing of what the records mean.
 */
package io.plumbline.cli.kafka;
