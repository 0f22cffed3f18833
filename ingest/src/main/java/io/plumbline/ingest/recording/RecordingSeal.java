package io.plumbline.ingest.recording;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The count of observations and the digest of the whole file, written into the header when a
 * recording is finished: an unfinished, shortened or altered one shows before anything of it is
 * used.
 */
final class RecordingSeal {
  private static final int CHUNK = 1 << 20;
  private static final int DIGITS = 64;

  private RecordingSeal() {}

  static void put(Path path, long observations) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      ContainerLayout layout = ContainerLayout.of(path, file);
      write(file, offset(path, layout, RecordingHeader.OBSERVATIONS), hex(observations));
      long at = offset(path, layout, RecordingHeader.SHA256);
      write(file, at, digest(file, at));
    }
  }

  static void check(Path path, RandomAccessFile file, ContainerLayout layout) throws IOException {
    String expected = layout.metadata().get(RecordingHeader.SHA256);
    if (expected == null || expected.length() != DIGITS) {
      throw new RecordingException(
          path, "header: expected " + RecordingHeader.SHA256 + " of 64 digits, found " + expected);
    }
    if (expected.equals("0".repeat(DIGITS))) {
      throw new RecordingException(path, "expected a finished recording, found one broken off");
    }
    layout.checkBlocks(path, file);
    String found = digest(file, offset(path, layout, RecordingHeader.SHA256));
    if (!found.equals(expected)) {
      throw new RecordingException(
          path,
          String.format(
              "content of %d bytes: expected SHA-256 %s, found %s",
              file.length(), expected, found));
    }
  }

  private static long offset(Path path, ContainerLayout layout, String entry)
      throws RecordingException {
    Long offset = layout.valueOffsets().get(entry);
    if (offset == null) {
      throw new RecordingException(path, "header: expected the entry " + entry + ", found none");
    }
    return offset;
  }

  private static void write(RandomAccessFile file, long at, String ascii) throws IOException {
    file.seek(at);
    file.write(ascii.getBytes(StandardCharsets.US_ASCII));
  }

  /** SHA-256 of the file, with the 64 digits at {@code sealAt} taken as zeros. */
  private static String digest(RandomAccessFile file, long sealAt) throws IOException {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    byte[] chunk = new byte[CHUNK];
    file.seek(0);
    long at = 0;
    for (int length = file.read(chunk); length > 0; length = file.read(chunk)) {
      for (long i = Math.max(sealAt, at); i < Math.min(sealAt + DIGITS, at + length); i++) {
        chunk[(int) (i - at)] = '0';
      }
      sha256.update(chunk, 0, length);
      at += length;
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private static String hex(long number) {
    return String.format("%016x", number);
  }
}
