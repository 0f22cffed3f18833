package io.plumbline.signaturestore.extract.deb;

import com.github.luben.zstd.ZstdInputStream;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * A .deb file: an ar archive of a version number, a tar of control files and a tar of what is
 * installed (deb(5)). Read from front to back, so that memory does not grow with it.
 */
public final class DebianPackage {
  private static final byte[] MAGIC = "!<arch>\n".getBytes(StandardCharsets.US_ASCII);
  private static final String CONTROL = "control.tar";
  private static final String DATA = "data.tar";
  private static final int LARGEST_CONTROL = 1 << 20;
  private static final int MOST_FILES = 200_000;

  /** xz -9 takes 64 MiB; what a hostile package may make a decoder allocate. */
  private static final int MOST_MEMORY_KIB = 192 << 10;

  /** All files together: several times what a kernel with its modules takes. */
  private static final long MOST_BYTES = 16L << 30;

  private final String file;

  private DebianPackage(String file) {
    this.file = file;
  }

  /** Whether the file begins as an ar archive does. */
  public static boolean recognises(ByteRange start) {
    return start.has(0, MAGIC);
  }

  /** Shows the package's files to {@code visitor}. */
  public static void visit(Path file, PackageVisitor visitor) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      visit(file.toString(), in, visitor);
    }
  }

  /** Shows the files of the package in {@code in} to {@code visitor}. */
  public static void visit(String name, InputStream in, PackageVisitor visitor) throws IOException {
    DebianPackage deb = new DebianPackage(name);
    try {
      deb.read(in, visitor);
    } catch (ExtractionException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The archive and codec libraries report damage in exceptions of every kind.
      throw new ExtractionException(name, "a Debian package", "damage: " + oneLine(e), e);
    }
  }

  private void read(InputStream in, PackageVisitor visitor) throws IOException {
    ArArchiveInputStream members = new ArArchiveInputStream(in);
    boolean named = false;
    for (ArArchiveEntry member = members.getNextEntry();
        member != null;
        member = members.getNextEntry()) {
      if (member.getName().startsWith(CONTROL)) {
        visitor.begin(name(decompressed(member.getName(), members)));
        named = true;
        if (visitor.done()) {
          return;
        }
      } else if (member.getName().startsWith(DATA)) {
        if (!named) {
          throw new ExtractionException(file, CONTROL + " before " + DATA, "none");
        }
        files(decompressed(member.getName(), members), visitor);
        return;
      }
    }
    throw new ExtractionException(file, "a member " + DATA, "none");
  }

  private InputStream decompressed(String member, InputStream content) throws IOException {
    BoundedStream compressed = new BoundedStream(file + ": " + member, content, MOST_BYTES);
    String suffix = member.substring(member.indexOf(".tar") + ".tar".length()).replace("/", "");
    InputStream plain =
        switch (suffix) {
          case "" -> compressed;
          case ".gz" -> new GZIPInputStream(compressed, 1 << 16);
          case ".xz" -> new XZInputStream(compressed, MOST_MEMORY_KIB);
          case ".zst" -> new ZstdInputStream(compressed);
          default ->
              throw new ExtractionException(
                  file + ": " + member, "no compression, .gz, .xz or .zst", suffix);
        };
    return new BoundedStream(file + ": " + member, plain, MOST_BYTES);
  }

  private PackageName name(InputStream tar) throws IOException {
    TarArchiveInputStream entries = new TarArchiveInputStream(tar);
    for (TarArchiveEntry entry = entries.getNextEntry();
        entry != null;
        entry = entries.getNextEntry()) {
      if (entry.isFile() && path(entry).equals("control")) {
        ByteRange control =
            new PackagedFile(file, "control", entry.getSize(), entries).bytes(LARGEST_CONTROL);
        String text = new String(control.copy(), StandardCharsets.UTF_8);
        return new PackageName(field(text, "Package"), field(text, "Version"));
      }
    }
    throw new ExtractionException(file + ": " + CONTROL, "a file control", "none");
  }

  private String field(String control, String field) throws ExtractionException {
    return control
        .lines()
        .filter(line -> line.startsWith(field + ":"))
        .map(line -> line.substring(field.length() + 1).strip())
        .filter(value -> !value.isEmpty())
        .findFirst()
        .orElseThrow(() -> new ExtractionException(file + ": control", "a field " + field, "none"));
  }

  private void files(InputStream tar, PackageVisitor visitor) throws IOException {
    TarArchiveInputStream entries = new TarArchiveInputStream(tar);
    int count = 0;
    for (TarArchiveEntry entry = entries.getNextEntry();
        entry != null && !visitor.done();
        entry = entries.getNextEntry()) {
      if (++count > MOST_FILES) {
        throw new ExtractionException(file, "at most " + MOST_FILES + " files", "more");
      }
      if (entry.isFile() && entry.getSize() >= 0) {
        visitor.file(new PackagedFile(file, path(entry), entry.getSize(), entries));
      }
    }
    if (count == 0) {
      throw new EOFException("no files");
    }
  }

  private static String path(TarArchiveEntry entry) {
    String name = entry.getName();
    int start = 0;
    while (name.startsWith("./", start) || name.startsWith("/", start)) {
      start += name.charAt(start) == '.' ? 2 : 1;
    }
    return name.substring(start);
  }

  private static String oneLine(Exception e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse("no reason");
  }
}
