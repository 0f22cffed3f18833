package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.MappedPage;
import java.util.function.BiConsumer;

/** What is written where data is. */
enum HostileData implements Hostility {
  /** Noise. */
  NOISE((guest, page) -> guest.fillRandom(guest.frameOf(page))),

  /** A bit here and there. */
  FLIPPED_BITS(
      (guest, page) -> {
        for (int i = guest.random.nextInt(8); i >= 0; i--) {
          int at = guest.frameOf(page) * PageBytes.SIZE + guest.random.nextInt(PageBytes.SIZE);
          byte flipped = (byte) (guest.bytes().get(at) ^ 1 << guest.random.nextInt(8));
          guest.bytes().put(at, flipped);
        }
      }),

  /** Every word points to a word of the same page: chains that bite their tails. */
  POINTS_INTO_ITSELF(
      (guest, page) ->
          guest.fillWords(
              guest.frameOf(page),
              at -> page.va() + guest.random.nextInt(PageBytes.SIZE / 8) * 8L)),

  /** The same through the mapping of all memory. */
  POINTS_INTO_ITS_ALIAS(
      (guest, page) ->
          guest.fillWords(
              guest.frameOf(page),
              at -> alias(page.frame()) + guest.random.nextInt(PageBytes.SIZE / 8) * 8L)),

  /** Every word points to code. */
  POINTS_TO_CODE((guest, page) -> guest.fillWords(guest.frameOf(page), at -> guest.codeAddress())),

  /** Objects that name a trap in code, and a table in which every word names such an object. */
  NAMES_TRAPS(
      (guest, page) -> {
        MappedPage code = guest.code();
        guest.fillPattern(guest.frameOf(code), 0xcc);
        int objects = guest.anyFrame();
        guest.fillWords(objects, at -> code.va() + guest.random.nextInt(PageBytes.SIZE));
        guest.fillWords(
            guest.frameOf(page),
            at -> alias(objects) + guest.random.nextInt(PageBytes.SIZE / 8) * 8L);
      }),

  /** Words that may be anything that an address may be. */
  ADDRESSES((guest, page) -> guest.fillWords(guest.frameOf(page), at -> guest.address())),

  /** Records of distances to code, code and data, without an end. */
  SWITCH_RECORDS(
      (guest, page) -> {
        int frame = guest.frameOf(page);
        long code = guest.code().va();
        long key = guest.page(rights -> rights.equals(Rights.KERNEL_DATA)).va();
        for (int at = 0; at < PageBytes.SIZE; at += 16) {
          long here = page.va() + at;
          int place = frame * PageBytes.SIZE + at;
          guest.bytes().putInt(place, (int) (code + at - here));
          guest.bytes().putInt(place + 4, (int) (code + 2L * at - here - 4));
          guest.bytes().putLong(place + 8, key + at - here - 8 | guest.random.nextInt(4));
        }
      });

  private static final long DIRECT_MAP = 0xffff_8880_0000_0000L;

  @SuppressWarnings("ImmutableEnumChecker") // lambdas that capture nothing
  private final BiConsumer<Canvas, MappedPage> change;

  HostileData(BiConsumer<Canvas, MappedPage> change) {
    this.change = change;
  }

  @Override
  public void apply(Canvas guest) {
    for (int pages = guest.random.nextInt(4); pages >= 0; pages--) {
      change.accept(guest, guest.page(rights -> !rights.executable()));
    }
  }

  private static long alias(long frame) {
    return DIRECT_MAP + frame * PageBytes.SIZE;
  }
}
