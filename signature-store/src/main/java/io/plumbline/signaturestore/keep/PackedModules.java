package io.plumbline.signaturestore.keep;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleOutline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The modules of a package, compressed in blocks of some megabytes. What is kept in memory is what
 * is in the file; a module that is asked for is unpacked with its block and not kept here, its
 * block for a while ({@link RecentBlocks}).
 */
public final class PackedModules implements ModuleBook {
  /** Bytes of a block before compression, if no single module has more. */
  static final int BLOCK = 8 << 20;

  private static final int MOST_BLOCK_BYTES = 96 << 20;
  private static final int MOST_MODULES = 100_000;
  private static final int MOST_ANCHORS = 64;
  private static final int LONGEST_NAME = 1024;
  private static final String WHERE = "signature: section " + SectionType.MODULES;

  /** Bytes in the file and before compression. A block is equal to itself alone. */
  static final class Block {
    private final byte[] packed;
    private final int length;

    Block(byte[] packed, int length) {
      this.packed = packed;
      this.length = length;
    }

    /** The content before compression; not to be changed. */
    private byte[] content() throws SignatureException {
      Optional<byte[]> recent = RecentBlocks.OF_THIS_PROCESS.of(this);
      if (recent.isPresent()) {
        return recent.get();
      }
      byte[] content = Zstd.decompress(packed, length);
      if (content.length != length) {
        throw SignatureException.at(WHERE, 0, "block", length + " bytes", content.length);
      }
      RecentBlocks.OF_THIS_PROCESS.keep(this, content);
      return content;
    }
  }

  /**
   * Where a module is.
   *
   * @param starts of its columns, from the start of the block
   * @param lengths of its columns
   */
  record Place(int block, int[] starts, int[] lengths) {}

  private final List<ModuleOutline> outlines;
  private final List<Place> places;
  private final List<Block> blocks;

  PackedModules(List<ModuleOutline> outlines, List<Place> places, List<Block> blocks) {
    this.outlines = List.copyOf(outlines);
    this.places = List.copyOf(places);
    this.blocks = List.copyOf(blocks);
  }

  /** The same modules packed. */
  static PackedModules of(ModuleBook book) {
    if (book instanceof PackedModules packed) {
      return packed;
    }
    try (ModulePacker packer = new ModulePacker(1)) {
      for (int i = 0; i < book.outlines().size(); i++) {
        packer.add(book.image(i));
      }
      return packer.packed(book.outlines());
    }
  }

  @Override
  public List<ModuleOutline> outlines() {
    return outlines;
  }

  @Override
  public ModuleImage image(int index) {
    Place place = places.get(index);
    try {
      byte[] bytes = blocks.get(place.block).content();
      String where = WHERE + ": " + outlines.get(index).name();
      ByteSource[] columns = new ByteSource[ModuleBodies.COLUMNS];
      for (int i = 0; i < columns.length; i++) {
        int start = place.starts[i];
        columns[i] =
            new ByteSource(where, Arrays.copyOfRange(bytes, start, start + place.lengths[i]));
      }
      return ModuleBodies.read(columns);
    } catch (ZstdException e) {
      throw new IllegalStateException(WHERE + ": block: expected zstd, found " + e.getMessage(), e);
    } catch (SignatureException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  /** Bytes that the modules take in a file, save for what finds them. */
  public long packedBytes() {
    return blocks.stream().mapToLong(block -> block.packed.length).sum();
  }

  void write(Map<SectionType, byte[]> sections) {
    if (outlines.isEmpty()) {
      return;
    }
    ByteSink to = new ByteSink();
    to.unsigned(blocks.size());
    ByteSink all = new ByteSink();
    for (Block block : blocks) {
      to.unsigned(block.length);
      to.unsigned(block.packed.length);
      all.raw(block.packed);
    }
    to.unsigned(outlines.size());
    for (int i = 0; i < outlines.size(); i++) {
      ModuleOutline outline = outlines.get(i);
      to.text(outline.name());
      to.unsigned(outline.textBytes());
      to.unsigned(i - outline.alike());
      to.unsigned(outline.anchors().length);
      for (int a = 0; a < outline.anchors().length; a++) {
        to.int64(outline.anchors()[a]);
        to.unsigned(outline.anchorPages()[a]);
      }
      to.unsigned(places.get(i).block);
      for (int length : places.get(i).lengths) {
        to.unsigned(length);
      }
    }
    sections.put(SectionType.MODULE_OUTLINES, to.toByteArray());
    sections.put(SectionType.MODULES, all.toByteArray());
  }

  /** The modules in a file; none if it has no such sections. */
  static ModuleBook read(SectionFile sections) throws SignatureException {
    Optional<ByteSource> from = sections.body(SectionType.MODULE_OUTLINES);
    Optional<ByteSource> bodies = sections.body(SectionType.MODULES);
    if (from.isEmpty() && bodies.isEmpty()) {
      return ModuleBook.NONE;
    }
    if (from.isEmpty() || bodies.isEmpty()) {
      throw new SignatureException(
          String.format(
              "signature: expected both sections %s and %s, found one",
              SectionType.MODULE_OUTLINES, SectionType.MODULES));
    }
    List<Block> blocks = blocks(from.get(), bodies.get());
    List<ModuleOutline> outlines = new ArrayList<>();
    List<Integer> blockOf = new ArrayList<>();
    List<int[]> lengths = new ArrayList<>();
    long[] taken = new long[blocks.size()];
    int count = from.get().count("modules", MOST_MODULES, 5 + ModuleBodies.COLUMNS);
    for (int i = 0; i < count; i++) {
      outlines.add(outline(from.get(), i));
      place(from.get(), blocks, taken, blockOf, lengths);
    }
    from.get().end();
    return new PackedModules(outlines, places(blockOf, lengths), blocks);
  }

  /** How many modules a file has, of which only the outlines need be there. */
  static int count(SectionFile sections) throws SignatureException {
    Optional<ByteSource> from = sections.body(SectionType.MODULE_OUTLINES);
    if (from.isEmpty()) {
      return 0;
    }
    int blocks = from.get().count("blocks of modules", MOST_MODULES, 2);
    for (int i = 0; i < blocks; i++) {
      from.get().unsigned("length of a block", MOST_BLOCK_BYTES);
      from.get().unsigned("bytes of a block", MOST_BLOCK_BYTES);
    }
    return from.get().count("modules", MOST_MODULES, 5 + ModuleBodies.COLUMNS);
  }

  private static List<Block> blocks(ByteSource from, ByteSource bodies) throws SignatureException {
    int count = from.count("blocks of modules", MOST_MODULES, 2);
    List<Block> blocks = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int length = from.unsigned("length of a block", MOST_BLOCK_BYTES);
      int packed = from.unsigned("bytes of a block", MOST_BLOCK_BYTES);
      blocks.add(new Block(bodies.raw("block of modules", packed), length));
    }
    bodies.end();
    return blocks;
  }

  private static ModuleOutline outline(ByteSource from, int index) throws SignatureException {
    String name = from.text("name of a module", LONGEST_NAME);
    int textBytes = from.unsigned("bytes of code", MOST_BLOCK_BYTES);
    int alike = index - from.unsigned("distance to a module that is alike", index);
    int anchors = from.unsigned("number of anchors", MOST_ANCHORS);
    long[] digests = new long[anchors];
    int[] pages = new int[anchors];
    for (int i = 0; i < anchors; i++) {
      digests[i] = from.int64("anchor");
      pages[i] = from.unsigned("page of an anchor", MOST_BLOCK_BYTES);
    }
    return new ModuleOutline(name, textBytes, alike, digests, pages);
  }

  /** Modules follow each other in their block, and blocks each other. */
  private static void place(
      ByteSource from, List<Block> blocks, long[] taken, List<Integer> blockOf, List<int[]> lengths)
      throws SignatureException {
    int at = from.position();
    int block = from.unsigned("block of a module", Math.max(0, blocks.size() - 1));
    int last = blockOf.isEmpty() ? 0 : blockOf.get(blockOf.size() - 1);
    int[] columns = new int[ModuleBodies.COLUMNS];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = from.unsigned("length of a column of a module", MOST_BLOCK_BYTES);
    }
    if (blocks.isEmpty() || block < last) {
      throw from.refuse(at, "block of a module", "one from " + last, block);
    }
    taken[block] += Arrays.stream(columns).asLongStream().sum();
    if (taken[block] > blocks.get(block).length) {
      throw from.refuse(at, "end of a module", "at most " + blocks.get(block).length, taken[block]);
    }
    blockOf.add(block);
    lengths.add(columns);
  }

  /** In a block, each column of all its modules follows the one before. */
  static List<Place> places(List<Integer> blockOf, List<int[]> lengths) {
    List<Place> places = new ArrayList<>(lengths.size());
    int from = 0;
    while (from < lengths.size()) {
      int block = blockOf.get(from);
      int to = from;
      while (to < lengths.size() && blockOf.get(to) == block) {
        places.add(new Place(block, new int[ModuleBodies.COLUMNS], lengths.get(to)));
        to++;
      }
      int at = 0;
      for (int column = 0; column < ModuleBodies.COLUMNS; column++) {
        for (int i = from; i < to; i++) {
          places.get(i).starts[column] = at;
          at += lengths.get(i)[column];
        }
      }
      from = to;
    }
    return places;
  }
}
