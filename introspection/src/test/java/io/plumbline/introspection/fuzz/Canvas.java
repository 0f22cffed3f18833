package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.MappedPage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntToLongFunction;
import java.util.function.Predicate;

/** A guest while hostile hands are on it, with the choices that they make at random. */
final class Canvas {
  static final long PRESENT = 1;
  static final long WRITABLE = 2;
  static final long USER = 4;
  static final long LARGE = 1 << 7;
  static final long NO_EXECUTE = 1L << 63;

  final GuestTemplate template;
  final HostileMemory memory;
  final SplittableRandom random;
  final List<HostileRegisters> vcpus = new ArrayList<>();

  Canvas(GuestTemplate template, SplittableRandom random) {
    this.template = template;
    this.memory = new HostileMemory(template.content());
    this.random = random;
    vcpus.add(new HostileRegisters(template.vcpu()));
  }

  HostileRegisters vcpu() {
    return pick(vcpus);
  }

  <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  boolean oneIn(int count) {
    return random.nextInt(count) == 0;
  }

  int anyFrame() {
    return random.nextInt(memory.frames());
  }

  /** A mapping of 4 KiB with these rights; any if there is none. */
  MappedPage page(Predicate<Rights> rights) {
    List<MappedPage> fitting =
        template.pages().stream().filter(page -> rights.test(page.rights())).toList();
    return pick(fitting.isEmpty() ? template.pages() : fitting);
  }

  MappedPage code() {
    return page(Rights::executable);
  }

  /** An address in the template's code. */
  long codeAddress() {
    return code().va() + random.nextInt(PageBytes.SIZE);
  }

  /** Something that may be taken for an address. */
  long address() {
    return switch (random.nextInt(6)) {
      case 0 -> random.nextLong();
      case 1 -> 0xffff_8880_0000_0000L + (long) anyFrame() * PageBytes.SIZE;
      case 2 -> (random.nextBoolean() ? -1 : 0) * (long) random.nextInt(1 << 16);
      case 3 -> codeAddress();
      default -> page(rights -> true).va() + random.nextInt(PageBytes.SIZE);
    };
  }

  /** A table of this level that the template's mappings use; of any level if there is none. */
  int table(int level) {
    return pick(template.tables().get(Math.max(1, Math.min(level, template.levels()))));
  }

  int level() {
    return 1 + random.nextInt(template.levels());
  }

  /** The rights that an entry gives: mostly present, sometimes anything. */
  long entryBits() {
    long bits = PRESENT | (random.nextBoolean() ? WRITABLE : 0) | (oneIn(4) ? USER : 0);
    bits |= template.entryBytes() == Long.BYTES && oneIn(3) ? NO_EXECUTE : 0;
    return bits;
  }

  long entry(int frame, long bits) {
    return (long) frame * PageBytes.SIZE | bits;
  }

  /** Writes every entry of a table. */
  void fillTable(int frame, IntToLongFunction entries) {
    for (int i = 0; i < PageBytes.SIZE / template.entryBytes(); i++) {
      setEntry(frame, i, entries.applyAsLong(i));
    }
  }

  int entriesOf(int frameLevel) {
    return template.levels() == 3 && frameLevel == 3 ? 4 : PageBytes.SIZE / template.entryBytes();
  }

  void setEntry(int frame, int index, long value) {
    int at = frame * PageBytes.SIZE + index * template.entryBytes();
    if (template.entryBytes() == Long.BYTES) {
      memory.bytes().putLong(at, value);
    } else {
      memory.bytes().putInt(at, (int) value);
    }
  }

  long entryAt(int frame, int index) {
    int at = frame * PageBytes.SIZE + index * template.entryBytes();
    return template.entryBytes() == Long.BYTES
        ? memory.bytes().getLong(at)
        : memory.bytes().getInt(at) & 0xffff_ffffL;
  }

  /** Writes every word of 8 bytes of a frame. */
  void fillWords(int frame, IntToLongFunction words) {
    for (int at = 0; at < PageBytes.SIZE; at += Long.BYTES) {
      memory.bytes().putLong(frame * PageBytes.SIZE + at, words.applyAsLong(at));
    }
  }

  /** Overwrites a frame from {@code at} on with copies of {@code pattern}. */
  void fillPattern(int frame, int... pattern) {
    for (int at = 0; at < PageBytes.SIZE; at++) {
      memory.bytes().put(frame * PageBytes.SIZE + at, (byte) pattern[at % pattern.length]);
    }
  }

  void fillRandom(int frame) {
    fillWords(frame, at -> random.nextLong());
  }

  ByteBuffer bytes() {
    return memory.bytes();
  }

  /** The frame behind a mapping, if it is one of the few that exist. */
  int frameOf(MappedPage page) {
    return (int) Math.min(page.frame(), memory.frames() - 1);
  }
}
