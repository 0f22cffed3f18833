package io.plumbline.introspection.golden;

/**
 * A place where the table-driven decoder and Capstone read instructions of another length.
 *
 * @param offset bytes from the signature's base
 * @param bytes the code there, in hex
 * @param decoderLength bytes by our decoder, 0 for invalid
 * @param capstoneLength bytes by Capstone, 0 for invalid
 */
public record DecoderDisagreement(
    int offset, String bytes, int decoderLength, int capstoneLength) {}
