/**
 * Plays recordings into Kafka at a pace and tells how far it has come. Knows recordings and the
 * publisher; nothing of verdicts.
 */
package io.plumbline.cli.play;
