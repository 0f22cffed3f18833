package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.BuildName;

/**
 * A signature at a glance, without its code.
 *
 * @param packaged whether it was extracted from a package; otherwise it was learnt from guests
 * @param base linear address of offset 0, where slides count from
 * @param images how many known-good guests were enrolled; 0 for a packaged build
 * @param modules of the kernel that its package brought along; 0 for an enrolled build
 * @param formatVersion version of the file's format, from 1
 * @param sizeBytes size of the file
 */
public record SignatureSummary(
    SignatureId id,
    boolean packaged,
    BuildName name,
    CodeMode mode,
    long base,
    int images,
    int modules,
    int formatVersion,
    long sizeBytes) {}
