package io.plumbline.introspection.memory;

/** Which 64-bit words of one page somebody read. */
final class ReadWords {
  private static final int WORDS = PageBytes.SIZE / Long.BYTES;

  private final long[] read = new long[WORDS / Long.SIZE];

  /** None. */
  ReadWords() {}

  /** These. */
  ReadWords(PageWords words) {
    words.copyTo(read);
  }

  void add(int offset, int length) {
    int last = (offset + length - 1) / Long.BYTES;
    for (int word = offset / Long.BYTES; word <= last; word++) {
      read[word / Long.SIZE] |= 1L << word;
    }
  }

  /** The words that were read here or there so far. */
  ReadWords and(ReadWords other) {
    ReadWords both = new ReadWords();
    for (int block = 0; block < read.length; block++) {
      both.read[block] = read[block] | other.read[block];
    }
    return both;
  }

  /** The words that were read so far, whatever is read later. */
  PageWords lasting() {
    return CommonWords.of(words().and(PageWords.NONE));
  }

  /** The words that were read so far. */
  PageWords words() {
    return new PageWords(read);
  }
}
