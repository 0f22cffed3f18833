package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.golden.image.RelocatedPages;
import java.io.IOException;
import java.util.Optional;

/** The images that pages are kept as differences from, one copy for all guests of a process. */
@FunctionalInterface
interface SharedImages {
  /**
   * The image in the signature of this content address, announced or not: a signature that was
   * revoked judges no guest any more, but its bytes are still what they were.
   *
   * @return empty if the signature holds no image, because it was enrolled
   * @throws IOException if the signature cannot be read
   */
  Optional<RelocatedPages> of(String signature) throws IOException;
}
