package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;

/** A page of executable memory, and which instructions on it are followed. */
final class CodePage extends ReachedPage {
  private static final int WORDS = PageBytes.SIZE / Long.SIZE;

  /** Nobody adds to it. */
  private static final LongStack NONE = new LongStack();

  /** In which the page lies; null of a page without content. */
  final CodeRegion region;

  /** Index in the region of the page's first byte. */
  final int base;

  /** Whether something on the page depends on the first bytes of the next. */
  boolean looksBeyond;

  /** Whether control flow comes to what is no instruction. */
  boolean endsInNoInstruction;

  private long[] starts;
  private long[] covered;
  private int[] bytes;
  private int[] byStep;

  /** Whether these four are another page's, too. */
  private boolean shares;

  private int instructions;

  /** Bytes at the beginning of the next page that instructions of this one reach into. */
  private int overhang;

  private int overhangStep;

  /** Offset and length of what was not admitted, and the key of who leads there. */
  private LongStack refusals = NONE;

  private LongStack refusalKeys = NONE;

  /** Nodes of pointers to places on the page. */
  private LongStack pointed = NONE;

  /** Whether these are another page's, too. */
  private boolean sharesPointed = true;

  CodePage(CodeRegion region, long address, int number) {
    super(address, number);
    this.region = region;
    this.base = region.offsetOf(address);
    followNothing();
  }

  /** The same page of another guest, followed as here. */
  CodePage(CodePage other, CodeRegion region, long address) {
    this(other, address, region, region.offsetOf(address));
  }

  private CodePage(CodePage other, long address, CodeRegion region, int base) {
    super(other, address);
    this.region = region;
    this.base = base;
    this.looksBeyond = other.looksBeyond;
    this.endsInNoInstruction = other.endsInNoInstruction;
    this.starts = other.starts;
    this.covered = other.covered;
    this.bytes = other.bytes;
    this.byStep = other.byStep;
    this.shares = true;
    this.instructions = other.instructions;
    this.overhang = other.overhang;
    this.overhangStep = other.overhangStep;
    this.refusals = other.refusals.isEmpty() ? NONE : other.refusals.copy();
    this.refusalKeys = other.refusals.isEmpty() ? NONE : other.refusalKeys.copy();
    this.pointed = other.pointed;
  }

  @Override
  ReachedPage withoutContent() {
    return new CodePage(this, address, null, base);
  }

  private void followNothing() {
    starts = new long[WORDS];
    covered = new long[WORDS];
    bytes = new int[ReachStep.values().length];
    byStep = new int[ReachStep.values().length];
    shares = false;
  }

  /** Forgets what was followed, and not what enters. */
  void clear() {
    if (shares) {
      followNothing();
    } else {
      Arrays.fill(starts, 0);
      Arrays.fill(covered, 0);
      Arrays.fill(bytes, 0);
      Arrays.fill(byStep, 0);
    }
    instructions = 0;
    overhang = 0;
    refusals = NONE;
    refusalKeys = NONE;
    looksBeyond = false;
    endsInNoInstruction = false;
  }

  @Override
  long heldBytes() {
    return super.heldBytes() + (shares ? 0 : 2L * WORDS * Long.BYTES);
  }

  boolean startsAt(int offset) {
    return (starts[offset / Long.SIZE] & 1L << offset) != 0;
  }

  private void followAlone() {
    if (shares) {
      starts = starts.clone();
      covered = covered.clone();
      bytes = bytes.clone();
      byStep = byStep.clone();
      shares = false;
    }
  }

  /** Notes what is followed from an entry; how many instructions were not before. */
  int follow(KnownEntry entry, int step) {
    followAlone();
    int fresh = 0;
    int freshBytes = 0;
    for (int i = 0; i < entry.words(); i++) {
      int word = entry.firstWord() + i;
      fresh += Long.bitCount(entry.starts(i) & ~starts[word]);
      starts[word] |= entry.starts(i);
      freshBytes += cover(word, entry.covered(i));
    }
    looksBeyond |= entry.looksBeyond();
    bytes[step] += freshBytes;
    byStep[step] += fresh;
    instructions += fresh;
    if (overhang == 0 && fresh > 0) {
      overhangStep = step;
    }
    return fresh;
  }

  /** Notes an instruction that is followed; bytes that others have count for the first. */
  void follow(int offset, int length, int step) {
    followAlone();
    starts[offset / Long.SIZE] |= 1L << offset;
    byStep[step]++;
    instructions++;
    int inPage = Math.min(length, PageBytes.SIZE - offset);
    int word = offset / Long.SIZE;
    int bit = offset % Long.SIZE;
    int here = Math.min(inPage, Long.SIZE - bit);
    int fresh = cover(word, ((1L << here) - 1) << bit);
    if (here < inPage) {
      fresh += cover(word + 1, (1L << (inPage - here)) - 1);
    }
    bytes[step] += fresh;
    if (overhang == 0) {
      overhangStep = step;
    }
    overhang = Math.max(overhang, length - inPage);
  }

  private int cover(int word, long mask) {
    int fresh = Long.bitCount(mask & ~covered[word]);
    covered[word] |= mask;
    return fresh;
  }

  /**
   * Adds the bytes of instructions that begin on the page, by the step that is needed for them.
   *
   * @param sign 1, or -1 to take them away
   * @param next the page behind it; null if nothing is followed there
   */
  void addBytes(long[] byStep, int sign, CodePage next) {
    for (int step = 0; step < bytes.length; step++) {
      byStep[step] += (long) sign * bytes[step];
    }
    if (overhang > 0) {
      long theirs = next == null ? 0 : next.covered[0];
      byStep[overhangStep] += (long) sign * Long.bitCount(((1L << overhang) - 1) & ~theirs);
    }
  }

  void refuse(int offset, int length, long key) {
    long refusal = (long) offset << Byte.SIZE | length;
    for (int i = 0; i < refusals.size(); i++) {
      if (refusals.get(i) == refusal) {
        return;
      }
    }
    if (refusals.isEmpty()) {
      refusals = new LongStack();
      refusalKeys = new LongStack();
    }
    refusals.push(refusal);
    refusalKeys.push(key);
  }

  int refusals() {
    return refusals.size();
  }

  int refusedOffset(int index) {
    return (int) (refusals.get(index) >>> Byte.SIZE);
  }

  int refusedLength(int index) {
    return (int) refusals.get(index) & 0xff;
  }

  long refusedKey(int index) {
    return refusalKeys.get(index);
  }

  boolean isRefused(int offset) {
    for (int i = 0; i < refusals.size(); i++) {
      if (refusedOffset(i) == offset) {
        return true;
      }
    }
    return false;
  }

  /** Instructions that a step, by ordinal, is needed for. */
  int instructions(int step) {
    return byStep[step];
  }

  /** Instructions that are followed. */
  int instructions() {
    return instructions;
  }

  /** Nodes of pointers to places on the page, for who only looks. */
  LongStack pointed() {
    return pointed;
  }

  /** Notes a pointer to a place on the page. */
  void pointedBy(int node) {
    if (sharesPointed) {
      pointed = pointed.copy();
      sharesPointed = false;
    }
    pointed.push(node);
  }

  /** Whether the same is followed on another page, and the same points there. */
  boolean isFollowedAs(CodePage other) {
    return looksBeyond == other.looksBeyond
        && endsInNoInstruction == other.endsInNoInstruction
        && instructions == other.instructions
        && overhang == other.overhang
        && overhangStep == other.overhangStep
        && refusals.isEmpty()
        && other.refusals.isEmpty()
        && Arrays.equals(starts, other.starts)
        && Arrays.equals(covered, other.covered)
        && Arrays.equals(bytes, other.bytes)
        && Arrays.equals(byStep, other.byStep);
  }

  /** Writes what is followed. */
  void packFollowed(NumberWriter out) {
    out.put((looksBeyond ? 1 : 0) | (endsInNoInstruction ? 2 : 0));
    out.putBits(starts);
    out.putBits(covered);
    for (int step = 0; step < bytes.length; step++) {
      out.put(bytes[step]);
      out.put(byStep[step]);
    }
    out.put(instructions);
    out.put(overhang);
    out.put(overhangStep);
    out.put(refusals.size());
    for (int i = 0; i < refusals.size(); i++) {
      out.put(refusals.get(i));
      out.put(refusalKeys.get(i));
    }
  }

  /** Reads what {@link #packFollowed} wrote. */
  void unpackFollowed(NumberReader in) {
    followNothing();
    int flags = in.nextInt();
    looksBeyond = (flags & 1) != 0;
    endsInNoInstruction = (flags & 2) != 0;
    in.nextBits(starts);
    in.nextBits(covered);
    for (int step = 0; step < bytes.length; step++) {
      bytes[step] = in.nextInt();
      byStep[step] = in.nextInt();
    }
    instructions = in.nextInt();
    overhang = in.nextInt();
    overhangStep = in.nextInt();
    refusals = NONE;
    refusalKeys = NONE;
    for (int left = in.nextInt(); left > 0; left--) {
      long refusal = in.next();
      refuse((int) (refusal >>> Byte.SIZE), (int) refusal & 0xff, in.next());
    }
  }

  /** Whether the same points to places of another page. */
  boolean isPointedAs(CodePage other) {
    return pointed.isLike(other.pointed);
  }

  /** Takes these for the pointers to places on the page. */
  void pointedBy(int[] nodes) {
    pointed = new LongStack();
    sharesPointed = false;
    for (int node : nodes) {
      pointed.push(node);
    }
  }
}
