/**
 * What was done to a recorded guest, round by round, and whether what the stream said of it is just
 * that. Knows the answer keys beside recordings and the results; nothing of Kafka, consoles or how
 * a verdict comes about.
 */
package io.plumbline.cli.answers;
