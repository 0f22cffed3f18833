package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import java.io.IOException;
import java.io.InputStream;

/**
 * Where the files of signatures are read from: a local directory, or whatever file system a job is
 * given. A body need not be trusted; {@link #load} verifies it.
 */
@FunctionalInterface
public interface SignatureBodies {
  /**
   * The content of the file of {@code id}.
   *
   * @throws IOException if it is not there or cannot be read; the message says where it was sought
   */
  InputStream open(SignatureId id) throws IOException;

  /** What the file of {@code id} is called in messages. */
  default String where(SignatureId id) {
    return id.value();
  }

  /**
   * The signature, verified.
   *
   * @throws SignatureException if the body is not the file that {@code id} names
   * @throws IOException if it cannot be read
   */
  default KernelSignature load(SignatureId id) throws IOException {
    return SignatureCodec.decode(where(id), id, content(id));
  }

  /**
   * The signature, of a package with its name and outline alone: all else is read and verified when
   * it is asked for, through this.
   *
   * @throws SignatureException if the body is no signature's file
   * @throws IOException if it cannot be read
   */
  default KernelSignature outline(SignatureId id) throws IOException {
    return PackageFile.open(this, id);
  }

  /**
   * The same after the whole file was read once and verified: for bodies that come from elsewhere,
   * so that a damaged one is known before a guest needs it.
   *
   * @throws SignatureException if the body is not the file that {@code id} names
   * @throws IOException if it cannot be read
   */
  default KernelSignature verifiedOutline(SignatureId id) throws IOException {
    return PackageFile.verified(this, id);
  }

  /**
   * The bytes of the file, not verified.
   *
   * @throws SignatureException if there are more than {@link SignatureCodec#MOST_FILE_BYTES}
   */
  default byte[] content(SignatureId id) throws IOException {
    try (InputStream body = open(id)) {
      byte[] content = body.readNBytes(SignatureCodec.MOST_FILE_BYTES + 1);
      if (content.length > SignatureCodec.MOST_FILE_BYTES) {
        throw new SignatureException(
            id + ": expected at most " + SignatureCodec.MOST_FILE_BYTES + " bytes, found more");
      }
      return content;
    }
  }
}
