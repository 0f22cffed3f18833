package io.plumbline.introspection.golden;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.image.BuildName;
import java.util.List;

/**
 * What good looks like for one build, learnt from known-good guests.
 *
 * @param id content address of the file it was read from
 * @param base linear address of offset 0 in the first known-good guest: where slides count from
 * @param functionDigests canonical digests of the build's functions, ascending as signed numbers,
 *     for the shortlist only
 * @param disagreements places where the decoder and the second opinion read another length
 * @param images how many known-good guests were enrolled
 */
public record EnrolledSignature(
    SignatureId id,
    BuildName name,
    CodeMode mode,
    long base,
    EnrolledRoots roots,
    GoldenCode code,
    List<PointerTable> tables,
    long[] functionDigests,
    SymbolTable symbols,
    List<DecoderDisagreement> disagreements,
    int images)
    implements KernelSignature {
  public EnrolledSignature {
    tables = List.copyOf(tables);
    disagreements = List.copyOf(disagreements);
  }

  @Override
  public EnrolledSignature named(SignatureId content) {
    return new EnrolledSignature(
        content,
        name,
        mode,
        base,
        roots,
        code,
        tables,
        functionDigests,
        symbols,
        disagreements,
        images);
  }

  /** Bytes of a pointer in this build's tables. */
  public int pointerBytes() {
    return mode == CodeMode.LONG_64 ? Long.BYTES : Integer.BYTES;
  }
}
