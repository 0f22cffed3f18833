package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.PageWords;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.verify.patch.GuestWords;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;

/**
 * What a verification reads of a guest besides the image's own pages, kept by frame: whoever knows
 * which frames changed can ask whether that changed what was read.
 */
final class GuestReads implements GuestWords {
  private static final int PAGE_MASK = PageBytes.SIZE - 1;

  /** __START_KERNEL_map and MODULES_END (arch/x86/include/asm/pgtable_64_types.h). */
  private static final long LOWEST_OF_CODE = 0xffffffff80000000L;

  private static final long END_OF_MODULES = 0xffffffffff000000L;

  private static final int FILED = -1;

  /** What changed of a frame. */
  enum Change {
    NOTHING,
    /** Only words of keys. */
    KEYS,
    /** Something that everything may depend on. */
    ANYTHING
  }

  private AddressSpace space;

  /** Null until somebody reads. */
  private VirtualMemory memory;

  private boolean recording = true;
  private final ReadWordColumns read = new ReadWordColumns();

  /** Which of them constants are judged by; nobody asks once words are filed. */
  private BitSet constants = new BitSet();

  /** How many of them decided what the text must be; negative once words are filed. */
  private int decided;

  /** Numbers of frames of which all was read. */
  private final FrameSet frames = new FrameSet();

  GuestReads(AddressSpace space) {
    renew(space);
  }

  /** Reads what the guest holds now. */
  void renew(AddressSpace now) {
    space = now;
    memory = null;
  }

  private VirtualMemory memory() {
    if (memory == null) {
      memory = new VirtualMemory(space);
    }
    return memory;
  }

  private MappedWords words() {
    return new MappedWords(memory());
  }

  /** Gives back the guest's pages, which are read again when somebody asks. */
  void giveBack() {
    file();
    frames.trim();
    memory = null;
  }

  /** Whether a word at an address lies across two pages. */
  static boolean isAcross(long address) {
    return (address & PAGE_MASK) > PageBytes.SIZE - Long.BYTES;
  }

  /** The words of 64 bits that it takes of a frame: it may lie across two, and then takes both. */
  private static PageWords takenBy(long address) {
    PageWords here = PageWords.around((int) address & PAGE_MASK, Long.BYTES);
    return isAcross(address) ? here.and(PageWords.around(0, Long.BYTES)) : here;
  }

  /** Whether what is read is kept from now on. */
  void record(boolean on) {
    recording = on;
  }

  @Override
  public OptionalLong longAt(long address) {
    return kept(address, false);
  }

  @Override
  public OptionalLong keyAt(long address) {
    return kept(address, true);
  }

  @Override
  public boolean isWithheld(long address) {
    return words().isWithheld(address);
  }

  @Override
  public OptionalLong constantAt(long address) {
    constants.set(read.size(), recording);
    return kept(address, false);
  }

  private OptionalLong kept(long address, boolean isKey) {
    OptionalLong value = words().longAt(address);
    if (recording) {
      read.add(address, isKey, value);
    }
    return value;
  }

  /** What was read until now decided what the text must be. */
  void noteDecided() {
    decided = read.size();
  }

  /**
   * The words that decided what the text must be, but for those that constants are judged by.
   *
   * @param image linear address of the image
   * @param bytes that it takes of memory
   * @return empty if one lies elsewhere, could not be read, or may lead into a module
   */
  Optional<KnownText.Words> decided(long image, long bytes) {
    if (decided < 0) {
      return Optional.empty();
    }
    int count = decided - constants.get(0, decided).cardinality();
    KnownText.Words words =
        new KnownText.Words(new long[count], new long[count], new BitSet(count));
    int next = 0;
    for (int i = constants.nextClearBit(0); i < decided; i = constants.nextClearBit(i + 1)) {
      OptionalLong value = read.value(i);
      if (value.isEmpty()
          || !isIn(read.address(i), image, bytes)
          || mayBeOfModule(value.getAsLong(), image, bytes)) {
        return Optional.empty();
      }
      words.offsets()[next] = read.address(i) - image;
      words.values()[next] = value.getAsLong();
      words.keys().set(next, read.isKey(i));
      next++;
    }
    return Optional.of(words);
  }

  private static boolean isIn(long address, long start, long bytes) {
    return address - start >= 0 && address - start < bytes;
  }

  /** Modules lie in the kernel's half of the highest addresses, where the image does not. */
  private static boolean mayBeOfModule(long value, long image, long bytes) {
    return value >= LOWEST_OF_CODE && value < END_OF_MODULES && !isIn(value, image, bytes);
  }

  /** The page at a linear address, all of which is taken for read. */
  Optional<PageBytes> pageAt(long address) {
    if (recording) {
      frames.add(memory().frameAt(address));
    }
    return memory().pageAt(address);
  }

  /** The same for a guest's frames. */
  PageSource over(PageSource source) {
    return (FrameNumber frame) -> {
      frames.add(frame.value());
      return source.read(frame);
    };
  }

  /**
   * What a changed frame changes of what was read.
   *
   * @param keys gets the addresses of keys whose words changed
   */
  Change changeOf(long frame, Set<Long> keys) {
    if (frames.has(frame)) {
      return Change.ANYTHING;
    }
    file();
    Change[] change = {Change.NOTHING};
    read.forEachOf(
        frame,
        word -> {
          Change more = changeOf(word, keys);
          change[0] = more.compareTo(change[0]) > 0 ? more : change[0];
        });
    return change[0];
  }

  private Change changeOf(int word, Set<Long> keys) {
    OptionalLong now = words().longAt(read.address(word));
    OptionalLong before = read.value(word);
    if (now.equals(before)) {
      return Change.NOTHING;
    }
    if (!read.isKey(word) || now.isEmpty() || before.isEmpty()) {
      return Change.ANYTHING;
    }
    read.set(word, now);
    keys.add(read.address(word));
    return Change.KEYS;
  }

  /**
   * Visits what was read.
   *
   * @param whole is told the frames of which all was
   * @param some is told the words of others
   */
  void forEach(LongConsumer whole, BiConsumer<Long, PageWords> some) {
    file();
    frames.forEach(whole);
    read.forEachFrame((frame, word) -> some.accept(frame, takenBy(read.address(word))));
  }

  private void file() {
    decided = FILED;
    constants = new BitSet(0);
    read.file(address -> memory().frameAt(address));
  }
}
