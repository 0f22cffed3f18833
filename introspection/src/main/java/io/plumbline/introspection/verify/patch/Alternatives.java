package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.golden.image.PatchSites.Alternative;
import java.util.Arrays;
import java.util.List;

/**
 * Instruction sequences that a processor feature replaces (kernel {@code
 * arch/x86/kernel/alternative.c}, apply_alternatives). Entries are applied in table order and each
 * sees what the one before it left, so that the last that applies wins.
 *
 * <p>Two forms are known. Classic (5.10 to 6.4): only a five-byte call or jump is moved, each entry
 * has its own length. Relocating (6.5 and newer): every relative field that leaves the replacement
 * is moved, and entries of one site share the longest length.
 */
public final class Alternatives {
  private static final byte NOP = (byte) 0x90;
  private static final int LONGEST = 255;

  private final int[] site;
  private final int[] replacement;
  private final int[] feature;
  private final boolean[] whenAbsent;
  private final boolean[] directCall;
  private final int[] siteLength;
  private final int[] replacementLength;
  private final int[] groups;
  private final int[][] features;
  private final boolean relocating;
  private final SiteIndex index;
  private final long nopFunction;
  private final long bugFunction;

  public Alternatives(ImageLayout layout) {
    List<Alternative> entries =
        layout.sites().alternatives().stream()
            .filter(entry -> layout.placeOf(entry.site()) >= 0)
            .filter(entry -> layout.placeOf(entry.site()) < layout.textBytes())
            .toList();
    int count = entries.size();
    site = entries.stream().mapToInt(entry -> layout.placeOf(entry.site())).toArray();
    replacement = entries.stream().mapToInt(entry -> layout.placeOf(entry.replacement())).toArray();
    feature = entries.stream().mapToInt(Alternative::feature).toArray();
    siteLength = entries.stream().mapToInt(Alternative::siteLength).toArray();
    replacementLength = entries.stream().mapToInt(Alternative::replacementLength).toArray();
    whenAbsent = new boolean[count];
    directCall = new boolean[count];
    for (int i = 0; i < count; i++) {
      whenAbsent[i] = entries.get(i).whenAbsent();
      directCall[i] = entries.get(i).directCall();
      if (replacementLength[i] > 0 && replacement[i] < 0) {
        throw new IllegalArgumentException(
            "alternative at "
                + layout.names().nameOf(entries.get(i).site())
                + ": expected its replacement in .altinstr_replacement, found it elsewhere");
      }
    }
    relocating = isRelocating(layout);
    groups = groups();
    features = features();
    if (relocating) {
      shareLongest();
    }
    index = SiteIndex.of("alternative", site, i -> siteLength[i]);
    nopFunction = layout.names().find("nop_func").orElse(Long.MIN_VALUE);
    bugFunction = layout.names().find("BUG_func").orElse(Long.MIN_VALUE);
  }

  /** Paravirt patching went in 6.8, three releases after the classic form. */
  static boolean isRelocating(ImageLayout layout) {
    return layout.image().sites().paravirt().isEmpty();
  }

  private int[] groups() {
    int[] starts = new int[site.length + 1];
    int count = 0;
    for (int i = 0; i < site.length; i++) {
      if (i == 0 || site[i] != site[i - 1]) {
        starts[count++] = i;
      }
    }
    starts[count++] = site.length;
    return Arrays.copyOf(starts, count);
  }

  private void shareLongest() {
    for (int g = 0; g + 1 < groups.length; g++) {
      int longest = 0;
      for (int i = groups[g]; i < groups[g + 1]; i++) {
        longest = Math.max(longest, siteLength[i]);
      }
      Arrays.fill(siteLength, groups[g], groups[g + 1], longest);
    }
  }

  SiteIndex index() {
    return index;
  }

  /** Sees a sequence that may take a site's place. */
  @FunctionalInterface
  interface ReplacementVisitor {
    /**
     * A replacement of {@code length} bytes.
     *
     * @param site place of the first byte that it may be written to
     * @param replacement place of its own first byte
     */
    void see(int site, int replacement, int length);
  }

  /** Visits every replacement that is not empty, whatever the processor. */
  void forEachReplacement(ReplacementVisitor visitor) {
    for (int entry = 0; entry < site.length; entry++) {
      if (replacementLength[entry] > 0) {
        visitor.see(site[entry], replacement[entry], replacementLength[entry]);
      }
    }
  }

  /** Every entry's site, in table order. */
  int[] sites() {
    return site.clone();
  }

  /** Groups of entries that share a site, in table order. */
  int groupCount() {
    return groups.length - 1;
  }

  int siteOf(int group) {
    return site[groups[group]];
  }

  /** The longest site of the group's entries. */
  int lengthOf(int group) {
    int longest = 0;
    for (int i = groups[group]; i < groups[group + 1]; i++) {
      longest = Math.max(longest, siteLength[i]);
    }
    return longest;
  }

  /** The distinct features that decide in a group. */
  int[] featuresOf(int group) {
    return features[group];
  }

  private int[][] features() {
    int[][] byGroup = new int[groupCount()][];
    for (int group = 0; group < byGroup.length; group++) {
      byGroup[group] =
          Arrays.stream(feature, groups[group], groups[group + 1]).distinct().toArray();
    }
    return byGroup;
  }

  /** The distinct features that decide at the site of an entry of the table. */
  int[] featuresAt(int entry) {
    int group = Arrays.binarySearch(groups, entry);
    return featuresOf(group < 0 ? -group - 2 : group);
  }

  /** Rewrites every site. */
  public void apply(Rewriting text, FeatureVector features, NopRewriter nops) {
    for (int group = 0; group < groupCount(); group++) {
      for (int i = groups[group]; i < groups[group + 1]; i++) {
        applyEntry(text, text.expected(), site[i], i, features.has(feature[i]), nops);
      }
    }
  }

  /**
   * Plays a group on a copy of its site.
   *
   * @param present which of {@code features} the processor has, as bits
   */
  void play(Rewriting text, int group, int[] features, int present, byte[] copy, NopRewriter nops) {
    System.arraycopy(text.expected(), siteOf(group), copy, 0, lengthOf(group));
    for (int i = groups[group]; i < groups[group + 1]; i++) {
      int bit = 0;
      while (features[bit] != feature[i]) {
        bit++;
      }
      applyEntry(text, copy, 0, i, (present >> bit & 1) != 0, nops);
    }
  }

  /** One entry on {@code code}, in which the site begins at {@code at}. */
  private void applyEntry(
      Rewriting text, byte[] code, int at, int entry, boolean has, NopRewriter nops) {
    int length = siteLength[entry];
    if (has == whenAbsent[entry]) {
      nops.optimise(code, at, length);
      return;
    }
    int used = replacementLength[entry];
    long direct = Rewriting.NO_FUNCTION;
    if (directCall[entry]) {
      direct = directTarget(text, code, at, entry);
      if (direct == Rewriting.NO_FUNCTION) {
        return;
      }
    }
    System.arraycopy(text.expected(), replacement[entry], code, at, used);
    if (directCall[entry]) {
      if (direct == nopFunction) {
        used = 0;
      } else {
        Bytes.putInt(code, at + 1, (int) (direct - text.layout().offsetOf(site[entry]) - 5));
      }
    } else if (!relocating) {
      moveClassic(text, code, at, entry, nops.family());
    }
    Arrays.fill(code, at + used, at + Math.max(length, used), NOP);
    if (relocating && !directCall[entry]) {
      moveAll(text, code, at, entry);
    }
    nops.optimise(code, at, length);
  }

  /** Where {@code call *pv_ops+x(%rip)} leads (alt_replace_call). */
  private long directTarget(Rewriting text, byte[] code, int at, int entry) {
    if (code[at] != (byte) 0xff || code[at + 1] != 0x15) {
      return Rewriting.NO_FUNCTION;
    }
    long pointer = text.layout().offsetOf(site[entry]) + 6L + Bytes.intAt(code, at + 2);
    long target = text.directCallTarget(pointer);
    return target == Rewriting.NO_FUNCTION ? bugFunction : target;
  }

  private int distance(Rewriting text, int entry) {
    return text.layout().offsetOf(replacement[entry]) - text.layout().offsetOf(site[entry]);
  }

  /** A replacement that is one call or jump (apply_alternatives, recompute_jump of 5.10). */
  private void moveClassic(Rewriting text, byte[] code, int at, int entry, NopFamily family) {
    if (replacementLength[entry] != Rewriting.CALL_BYTES) {
      return;
    }
    int moved = Bytes.intAt(code, at + 1) + distance(text, entry);
    if (code[at] == Rewriting.CALL) {
      Bytes.putInt(code, at + 1, moved);
    } else if (code[at] == Rewriting.JUMP_32) {
      int fromSite = moved + Rewriting.CALL_BYTES;
      if (fromSite >= 0 && fromSite - 2 <= Byte.MAX_VALUE) {
        code[at] = Rewriting.JUMP_8;
        code[at + 1] = (byte) (fromSite - 2);
        family.fill(code, at + 2, 3);
      } else {
        Bytes.putInt(code, at + 1, moved);
      }
    }
  }

  /** Every relative field that leaves the replacement (text_poke_apply_relocation). */
  private void moveAll(Rewriting text, byte[] code, int at, int entry) {
    int distance = distance(text, entry);
    int end = siteLength[entry];
    int next;
    for (int i = 0; i < end; i = next) {
      long instruction = text.decoder().decode(code, at + i, code.length);
      if (instruction == Instruction.INVALID) {
        return;
      }
      next = i + Instruction.length(instruction);
      int opcode = Instruction.opcode(instruction);
      int map = Instruction.map(instruction);
      boolean oneByte = map == Instruction.MAP_ONE_BYTE;
      boolean branch =
          (oneByte && (opcode == 0xe8 || opcode == 0xe9))
              || (map == Instruction.MAP_0F && opcode >= 0x80 && opcode <= 0x8f);
      if (branch) {
        moveBranch(code, at + i, instruction, next, distance, entry);
      }
      if (Instruction.ripRelative(instruction)) {
        int field = at + i + Instruction.displacementOffset(instruction);
        int displacement = Bytes.intAt(code, field);
        if (leaves(next + displacement, entry)) {
          Bytes.putInt(code, field, displacement + distance);
        }
      }
    }
  }

  private void moveBranch(
      byte[] code, int at, long instruction, int next, int distance, int entry) {
    int field = at + Instruction.immediateOffset(instruction);
    int immediate = Bytes.intAt(code, field);
    if (leaves(next + immediate, entry)) {
      Bytes.putInt(code, field, immediate + distance);
    }
    int moved = immediate + distance + Rewriting.CALL_BYTES - 2;
    if (Instruction.opcode(instruction) == 0xe9
        && Instruction.map(instruction) == Instruction.MAP_ONE_BYTE
        && moved == (byte) moved) {
      code[at] = Rewriting.JUMP_8;
      code[at + 1] = (byte) moved;
      Arrays.fill(code, at + 2, at + Instruction.length(instruction), Rewriting.INT3);
    }
  }

  private boolean leaves(int target, int entry) {
    return target < 0 || target > replacementLength[entry];
  }

  /** A buffer that the longest site fits in. */
  static byte[] siteCopy() {
    return new byte[LONGEST + 16];
  }
}
