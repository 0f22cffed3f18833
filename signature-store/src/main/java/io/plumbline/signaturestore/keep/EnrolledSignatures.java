package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureBook;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Signatures at hand by the name of their build, then by id: an order that knows no history. */
public record EnrolledSignatures(List<KernelSignature> signatures) implements SignatureBook {
  private static final Comparator<KernelSignature> ORDER =
      Comparator.comparing((KernelSignature each) -> each.name().os())
          .thenComparing(each -> each.name().build())
          .thenComparing(each -> each.name().version())
          .thenComparing(each -> each.id().value());

  public EnrolledSignatures {
    signatures = signatures.stream().sorted(ORDER).toList();
  }

  public static EnrolledSignatures of(Collection<KernelSignature> signatures) {
    return new EnrolledSignatures(List.copyOf(signatures));
  }
}
