package io.plumbline.signaturestore.extract;

import io.plumbline.introspection.golden.image.BuildName;

/**
 * A kernel's version banner as it was found in memory.
 *
 * @param text the banner, printable ASCII
 * @param copies how often it was found
 */
public record Banner(BuildName name, String text, int copies) {}
