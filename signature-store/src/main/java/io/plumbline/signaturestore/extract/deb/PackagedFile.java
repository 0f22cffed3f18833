package io.plumbline.signaturestore.extract.deb;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.io.IOException;
import java.io.InputStream;

/**
 * One regular file in a package, valid while it is visited.
 *
 * @param packageFile the package, for messages
 * @param path where it is installed, without a slash before it
 * @param size in bytes
 * @param content to be read at most once
 */
public record PackagedFile(String packageFile, String path, long size, InputStream content) {
  /**
   * All of it.
   *
   * @param most bytes that it may have
   */
  public ByteRange bytes(long most) throws IOException {
    String where = packageFile + ": " + path;
    if (size > most) {
      throw new ExtractionException(where, "at most " + most + " bytes", Long.toString(size));
    }
    byte[] bytes = content.readNBytes((int) size);
    if (bytes.length != size) {
      throw new ExtractionException(where, size + " bytes", Integer.toString(bytes.length));
    }
    return ByteRange.of(where, bytes);
  }
}
