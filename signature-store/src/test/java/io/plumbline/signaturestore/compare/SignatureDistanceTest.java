package io.plumbline.signaturestore.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.signaturestore.keep.RandomSignature;
import org.junit.jupiter.api.Test;

class SignatureDistanceTest {
  @Test
  void functionsOfOneThatTheOtherLacksAreCountedBothWays() {
    EnrolledSignature first = with(Long.MIN_VALUE, -3, 0, 5, 9);
    EnrolledSignature second = with(-3, 4, 5, Long.MAX_VALUE);

    assertThat(SignatureDistance.between(first, second)).isEqualTo(new SignatureDistance(3, 2, 2));
    assertThat(SignatureDistance.between(second, first)).isEqualTo(new SignatureDistance(2, 3, 2));
  }

  @Test
  void aBuildIsNoDistanceFromItself() {
    assertThat(SignatureDistance.between(with(1, 2), with(1, 2)))
        .isEqualTo(new SignatureDistance(0, 0, 2));
  }

  @Test
  void aBuildIsAsFarFromNothingAsItHasFunctions() {
    assertThat(SignatureDistance.between(with(1, 2), with()))
        .isEqualTo(new SignatureDistance(2, 0, 0));
  }

  private static EnrolledSignature with(long... digests) {
    EnrolledSignature any = RandomSignature.of(1, 100);
    return new EnrolledSignature(
        any.id(),
        any.name(),
        any.mode(),
        any.base(),
        any.roots(),
        any.code(),
        any.tables(),
        digests,
        any.symbols(),
        any.disagreements(),
        any.images());
  }
}
