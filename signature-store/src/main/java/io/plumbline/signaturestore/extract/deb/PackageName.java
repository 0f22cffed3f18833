package io.plumbline.signaturestore.extract.deb;

/**
 * What a package says of itself (deb-control(5)).
 *
 * @param name field Package
 * @param version field Version
 */
public record PackageName(String name, String version) {}
