package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.BuildName;
import io.plumbline.introspection.golden.SignatureId;

/**
 * A signature at a glance, without its code.
 *
 * @param base linear address of offset 0 in the first known-good guest
 * @param images how many known-good guests were enrolled
 * @param formatVersion version of the file's format, from 1
 * @param sizeBytes size of the file
 */
public record SignatureSummary(
    SignatureId id,
    BuildName name,
    CodeMode mode,
    long base,
    int images,
    int formatVersion,
    long sizeBytes) {}
