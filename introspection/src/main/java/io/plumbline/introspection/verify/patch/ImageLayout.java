package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.PatchSites;
import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The bytes of an image that are verified, and those that replace others, in one array: text from
 * place 0, then read-only data, both in whole pages, then the replacement sequences, which a guest
 * does not keep. A <em>place</em> is an index into that array; an <em>offset</em> counts from the
 * image's base. In a kernel's text both are the same number.
 *
 * <p>A module's text is laid out for itself, in the offsets of the kernel that it was loaded by:
 * whatever it shares with the kernel is found by the kernel's names.
 */
public final class ImageLayout {
  private static final int PAGE = PageBytes.SIZE;

  private record Segment(int place, int offset, int length) {
    boolean holdsPlace(int wanted) {
      return wanted >= place && wanted < place + length;
    }

    boolean holdsOffset(long wanted) {
      return wanted >= offset && wanted < (long) offset + length;
    }
  }

  private final KernelImage image;
  private final Optional<ImageLayout> kernel;
  private final PatchSites sites;
  private final ImageNames names;
  private final int textBytes;
  private final int verifiedBytes;
  private final Segment[] segments;
  private final int textOffset;
  private final byte[] golden;
  private final MovedFields moved;

  private ImageLayout(
      KernelImage image, ImageNames names, int textBytes, int dataOffset, int dataBytes) {
    this.image = image;
    this.kernel = Optional.empty();
    this.sites = image.sites();
    this.names = names;
    this.textBytes = textBytes;
    this.verifiedBytes = textBytes + dataBytes;
    List<Segment> placed = new ArrayList<>();
    placed.add(new Segment(0, 0, textBytes));
    placed.add(new Segment(textBytes, dataOffset, dataBytes));
    int end = verifiedBytes;
    for (ImageSection section : image.sections()) {
      if (section.name().equals(".altinstr_replacement")) {
        placed.add(new Segment(end, section.offset(), section.bytes().length));
        end += section.bytes().length;
      }
    }
    this.segments = placed.toArray(Segment[]::new);
    this.textOffset = 0;
    this.golden = new byte[end];
    image.sections().forEach(this::place);
    this.moved =
        new MovedFields(
            places(image.relocations().absolute32(), Integer.BYTES),
            places(image.relocations().inverse32(), Integer.BYTES),
            places(image.relocations().absolute64(), Long.BYTES),
            verifiedBytes / PAGE);
  }

  private ImageLayout(
      ImageLayout kernel, ImageNames names, PatchSites sites, int offset, byte[] text) {
    this.image = kernel.image;
    this.kernel = Optional.of(kernel);
    this.sites = sites;
    this.names = names;
    this.textBytes = text.length;
    this.verifiedBytes = text.length;
    this.segments = new Segment[] {new Segment(0, offset, text.length)};
    this.textOffset = offset;
    this.golden = text;
    this.moved = new MovedFields(new int[0], new int[0], new int[0], 0);
  }

  /**
   * Lays out the text of a module in one guest of this kernel.
   *
   * @param offset of the text's first byte from the kernel's base, a multiple of 4096
   * @param text linked for that offset, in whole pages; read-only from now on
   * @param symbols of the module, at offsets from the kernel's base
   * @param moduleSites places and keys as offsets from the kernel's base
   */
  public ImageLayout module(int offset, byte[] text, ImageSymbols symbols, PatchSites moduleSites) {
    return new ImageLayout(
        this, new ImageNames(symbols, names, offset, text.length), moduleSites, offset, text);
  }

  /**
   * Lays out an image by its own linker symbols.
   *
   * @throws IllegalArgumentException if a symbol is missing or the bounds make no sense
   */
  public static ImageLayout of(KernelImage image) {
    ImageNames names = new ImageNames(image.symbols());
    long text = names.required("_etext");
    long dataStart = names.required("__start_rodata");
    long dataEnd = names.required("__end_rodata");
    if (text <= 0 || dataStart < text || dataEnd < dataStart || dataEnd > Integer.MAX_VALUE / 2) {
      throw new IllegalArgumentException(
          String.format(
              "image %s: expected text before read-only data, found _etext %#x, __start_rodata %#x,"
                  + " __end_rodata %#x",
              image.name().build(), text, dataStart, dataEnd));
    }
    int textBytes = wholePages((int) text);
    int dataOffset = (int) dataStart & -PAGE;
    names.limitEntriesTo((int) text);
    return new ImageLayout(
        image, names, textBytes, dataOffset, wholePages((int) dataEnd - dataOffset));
  }

  private static int wholePages(int bytes) {
    return bytes + PAGE - 1 & -PAGE;
  }

  private void place(ImageSection section) {
    for (Segment segment : segments) {
      int from = Math.max(section.offset(), segment.offset);
      int to = Math.min(section.end(), segment.offset + segment.length);
      if (from < to) {
        System.arraycopy(
            section.bytes(),
            from - section.offset(),
            golden,
            segment.place + from - segment.offset,
            to - from);
      }
    }
  }

  /** Those of {@code offsets} whose whole field lies in the array, as places, ascending. */
  private int[] places(int[] offsets, int bytes) {
    return Arrays.stream(offsets)
        .filter(offset -> placeOf(offset) >= 0 && placeOf((long) offset + bytes - 1) >= 0)
        .map(this::placeOf)
        .sorted()
        .toArray();
  }

  /** Where the image's byte {@code offset} lies in the array; -1 if it does not. */
  public int placeOf(long offset) {
    for (Segment segment : segments) {
      if (segment.holdsOffset(offset)) {
        return segment.place + (int) (offset - segment.offset);
      }
    }
    return -1;
  }

  /** Whether the image's byte {@code offset} is one of the text. */
  public boolean holdsText(long offset) {
    return segments[0].holdsOffset(offset);
  }

  /** The image's offset of the byte at {@code place}. */
  public int offsetOf(int place) {
    if (place < textBytes) {
      return textOffset + place;
    }
    for (Segment segment : segments) {
      if (segment.holdsPlace(place)) {
        return segment.offset + place - segment.place;
      }
    }
    throw new IndexOutOfBoundsException("no place " + place + " in " + golden.length + " bytes");
  }

  /** Copies the image as a guest at {@code slide} would hold it before it patched anything. */
  public void relocateInto(byte[] target, long slide) {
    System.arraycopy(golden, 0, target, 0, golden.length);
    moved.move(target, slide);
  }

  /**
   * Copies one page as {@link #relocateInto} has it.
   *
   * @param page place of its first byte, within what is verified
   * @param target of {@link PageBytes#SIZE} bytes and {@link MovedFields#MARGIN} on both sides; the
   *     page lies behind the first
   */
  public void relocatePage(int page, byte[] target, long slide) {
    moved.copyPage(golden, 0, golden.length, page, target, slide);
  }

  /** The fields that hold addresses of the image, before anything was patched. */
  MovedFields moved() {
    return moved;
  }

  /** The image as it is linked, before anything was patched. */
  public PatchedText linked() {
    return new PatchedText(golden, 0, 0, moved);
  }

  /** The 64-bit number that the image holds at {@code offset} in any section, 0 if in none. */
  public long imageLong(long offset) {
    for (ImageSection section : image.sections()) {
      if (offset >= section.offset() && offset + Long.BYTES <= section.end()) {
        return Bytes.longAt(section.bytes(), (int) offset - section.offset());
      }
    }
    return 0;
  }

  /** A copy of what the image holds at {@code offset}; empty if not all of it is in one section. */
  public byte[] imageBytes(long offset, long length) {
    for (ImageSection section : image.sections()) {
      if (offset >= section.offset() && length >= 0 && length <= section.end() - offset) {
        int from = (int) offset - section.offset();
        return Arrays.copyOfRange(section.bytes(), from, from + (int) length);
      }
    }
    return new byte[0];
  }

  /** Offset of the first byte after all that the image takes of memory. */
  public long end() {
    return names.find("_end").orElse(offsetOf(verifiedBytes - 1) + 1L);
  }

  /** The linked address of offset 0. */
  public long base() {
    return image.base();
  }

  /** The kernel, also of a module's text. */
  public KernelImage image() {
    return image;
  }

  /** The kernel's own layout. */
  ImageLayout kernel() {
    return kernel.orElse(this);
  }

  /** Where this text is rewritten. */
  public PatchSites sites() {
    return sites;
  }

  public ImageNames names() {
    return names;
  }

  /** The image's bytes at slide 0; read-only by contract. */
  public byte[] golden() {
    return golden;
  }

  /** Bytes of text, in whole pages. */
  public int textBytes() {
    return textBytes;
  }

  /** Bytes of text and read-only data, in whole pages: what is compared. */
  public int verifiedBytes() {
    return verifiedBytes;
  }

  /** Bytes of the array, replacements included. */
  public int bytes() {
    return golden.length;
  }

  /** Those of {@code offsets} that lie in text or replacements, as places, in the given order. */
  int[] codePlaces(int[] offsets) {
    return Arrays.stream(offsets)
        .map(this::placeOf)
        .filter(place -> place >= 0 && (place < textBytes || place >= verifiedBytes))
        .toArray();
  }
}
