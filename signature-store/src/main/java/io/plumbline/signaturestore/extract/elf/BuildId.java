package io.plumbline.signaturestore.extract.elf;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** The identity that the linker gave a file (note NT_GNU_BUILD_ID, owner GNU). */
public final class BuildId {
  private static final byte[] OWNER = "GNU\0".getBytes(StandardCharsets.US_ASCII);
  private static final int TYPE = 3;
  private static final int HEADER = 12;
  private static final int LONGEST = 64;

  private BuildId() {}

  /** In lower-case hex; empty if no note has it. */
  public static String of(ElfFile elf) throws ExtractionException {
    for (ElfSection section : elf.sections()) {
      if (section.type() == ElfSection.NOTE) {
        String id = in(elf.content(section));
        if (!id.isEmpty()) {
          return id;
        }
      }
    }
    return "";
  }

  private static String in(ByteRange notes) throws ExtractionException {
    long at = 0;
    while (at + HEADER <= notes.length()) {
      ByteRange header = notes.slice("note", at, HEADER);
      long ownerBytes = header.u32(0);
      long contentBytes = header.u32(4);
      long content = at + HEADER + aligned(ownerBytes);
      if (header.s32(8) == TYPE
          && ownerBytes == OWNER.length
          && notes.has((int) at + HEADER, OWNER)
          && contentBytes <= LONGEST) {
        return HexFormat.of().formatHex(notes.slice("build id", content, contentBytes).copy());
      }
      at = content + aligned(contentBytes);
    }
    return "";
  }

  private static long aligned(long bytes) {
    return (bytes + 3) & ~3L;
  }
}
