package io.plumbline.flinkjobs.state;

/**
 * A record that could not be understood, for the dead-letter topic.
 *
 * @param reason what was wrong: what, where, expected, found
 * @param key the record's key as it was; null if it had none
 * @param original the record's value as it was; null if it had none or if the record travelled on
 *     without it, in which case the origin still finds it
 */
public record Refusal(Origin origin, String reason, byte[] key, byte[] original) {}
