package io.plumbline.flinkjobs.state;

/**
 * The new content of one frame. FULL and ZERO were checked against their digest when they were
 * decoded; a PATCH can only be checked where the previous content is.
 *
 * @param frame guest frame number, 0 to 2^40 - 1
 * @param digest SHA-256 of the resulting 4096 bytes
 */
public record PageRecord(long frame, PageForm form, byte[] payload, byte[] digest) {}
