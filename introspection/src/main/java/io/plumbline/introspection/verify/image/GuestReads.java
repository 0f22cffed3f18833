package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.PageWords;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.verify.patch.GuestWords;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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

  /** What changed of a frame. */
  enum Change {
    NOTHING,
    /** Only words of keys. */
    KEYS,
    /** Something that everything may depend on. */
    ANYTHING
  }

  private static final class Word {
    private final long address;
    private final boolean isKey;
    private OptionalLong value;

    /**
     * The words of 64 bits that it takes of a frame: it may lie across two, and then takes both.
     */
    private PageWords words() {
      int offset = (int) address & PAGE_MASK;
      PageWords here = PageWords.around(offset, Long.BYTES);
      boolean across = offset > PageBytes.SIZE - Long.BYTES;
      return across ? here.and(PageWords.around(0, Long.BYTES)) : here;
    }

    private Word(long address, boolean isKey, OptionalLong value) {
      this.address = address;
      this.isKey = isKey;
      this.value = value;
    }
  }

  private AddressSpace space;
  private VirtualMemory memory;
  private MappedWords words;
  private boolean recording = true;
  private final List<Word> read = new ArrayList<>();

  /** Which of them constants are judged by. */
  private final BitSet constants = new BitSet();

  /** How many of them decided what the text must be. */
  private int decided;

  private int filed;
  private final Map<Long, List<Word>> byFrame = new HashMap<>();
  private final Set<Long> frames = new HashSet<>();

  GuestReads(AddressSpace space) {
    renew(space);
  }

  /** Reads what the guest holds now. */
  void renew(AddressSpace now) {
    space = now;
    memory = new VirtualMemory(space);
    words = new MappedWords(memory);
  }

  /** Gives back the guest's pages, which are read again when somebody asks. */
  void giveBack() {
    file();
    renew(space);
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
    return words.isWithheld(address);
  }

  @Override
  public OptionalLong constantAt(long address) {
    constants.set(read.size(), recording);
    return kept(address, false);
  }

  private OptionalLong kept(long address, boolean isKey) {
    OptionalLong value = words.longAt(address);
    if (recording) {
      read.add(new Word(address, isKey, value));
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
    int count = decided - constants.get(0, decided).cardinality();
    KnownText.Words words =
        new KnownText.Words(new long[count], new long[count], new BitSet(count));
    int next = 0;
    for (int i = constants.nextClearBit(0); i < decided; i = constants.nextClearBit(i + 1)) {
      Word word = read.get(i);
      if (word.value.isEmpty()
          || !isIn(word.address, image, bytes)
          || mayBeOfModule(word.value.getAsLong(), image, bytes)) {
        return Optional.empty();
      }
      words.offsets()[next] = word.address - image;
      words.values()[next] = word.value.getAsLong();
      words.keys().set(next, word.isKey);
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
      frames.add(memory.frameAt(address));
    }
    return memory.pageAt(address);
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
    if (frames.contains(frame)) {
      return Change.ANYTHING;
    }
    file();
    Change change = Change.NOTHING;
    for (Word word : byFrame.getOrDefault(frame, List.of())) {
      OptionalLong now = words.longAt(word.address);
      if (!now.equals(word.value)) {
        if (!word.isKey || now.isEmpty() || word.value.isEmpty()) {
          return Change.ANYTHING;
        }
        word.value = now;
        keys.add(word.address);
        change = Change.KEYS;
      }
    }
    return change;
  }

  /**
   * Visits what was read.
   *
   * @param whole is told the frames of which all was
   * @param some is told the words of others
   */
  void forEach(LongConsumer whole, BiConsumer<Long, PageWords> some) {
    file();
    frames.forEach(whole::accept);
    byFrame.forEach((frame, of) -> of.forEach(word -> some.accept(frame, word.words())));
  }

  private void file() {
    for (; filed < read.size(); filed++) {
      Word word = read.get(filed);
      long first = memory.frameAt(word.address);
      add(first, word);
      if ((word.address & PAGE_MASK) > PageBytes.SIZE - Long.BYTES) {
        add(memory.frameAt(word.address + Long.BYTES - 1), word);
      }
    }
  }

  private void add(long frame, Word word) {
    if (frame >= 0) {
      byFrame.computeIfAbsent(frame, at -> new ArrayList<>()).add(word);
    }
  }
}
