package io.plumbline.introspection.golden.image;

/**
 * What people call a kernel build.
 *
 * @param os the operating system, such as {@code Linux}
 * @param build the release, such as {@code 6.1.0-50-cloud-amd64}
 * @param version the package's version, such as {@code 6.1.176-1}; empty if it is not known
 */
public record BuildName(String os, String build, String version) {}
