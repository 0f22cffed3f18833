package io.plumbline.signaturestore.extract.module;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.elf.ElfFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What section .modinfo says: zero-terminated NAME=VALUE (kernel {@code
 * include/linux/moduleparam.h}).
 *
 * @param vermagic the release that the module was built for, then options
 */
record ModuleNotes(String name, String vermagic) {
  private static final String SECTION = ".modinfo";
  private static final int LONGEST = 4096;

  /** Since 6.15 .static_call_sites is read-only after init (kernel/module/strict_rwx.c). */
  private static final int[] STATIC_CALLS_AFTER_INIT = {6, 15};

  private static final Pattern RELEASE = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\b.*");

  static ModuleNotes read(ElfFile elf) throws ExtractionException {
    ByteRange notes = elf.content(elf.required(SECTION));
    return new ModuleNotes(value(notes, "name="), value(notes, "vermagic="));
  }

  private static String value(ByteRange notes, String key) throws ExtractionException {
    int at = 0;
    while (at < notes.length()) {
      String line = notes.text(at, LONGEST);
      if (line.startsWith(key)) {
        return line.substring(key.length());
      }
      at += line.length() + 1;
    }
    throw new ExtractionException(notes.name(), key, "none");
  }

  boolean staticCallsAfterInit() throws ExtractionException {
    Matcher release = RELEASE.matcher(vermagic);
    if (!release.matches()) {
      throw new ExtractionException(SECTION + ": vermagic", "a kernel release", vermagic);
    }
    int major = Integer.parseInt(release.group(1));
    int minor = Integer.parseInt(release.group(2));
    return major > STATIC_CALLS_AFTER_INIT[0]
        || (major == STATIC_CALLS_AFTER_INIT[0] && minor >= STATIC_CALLS_AFTER_INIT[1]);
  }
}
