/**
 * Announcements as records of the topic of signatures, and the producer that publishes them. Knows
 * Avro and Kafka; knows nothing of a signature's content.
 */
package io.plumbline.signaturestore.announce.publish;
