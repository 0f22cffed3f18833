package io.plumbline.flinkjobs.state;

/**
 * A signature as it was announced: how to find its body, not the body.
 *
 * @param id {@code sha256:} and 64 hexadecimal digits, the body's content address
 * @param build the build's name, for people
 * @param location where the body is: a URI
 * @param revoked it must no longer be used
 */
public record SignatureEntry(
    String id, String build, String location, boolean revoked, Origin origin) {}
