/**
 * The collector of one host: images of guests that somebody keeps up to date become capture rounds.
 * Knows images and rounds; nothing of Kafka, which is where its observations go, or of verdicts.
 */
package io.plumbline.cli.collect;
