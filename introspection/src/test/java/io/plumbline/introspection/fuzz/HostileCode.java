package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.memory.PageBytes;
import java.util.function.BiConsumer;

/** What is written where code is. */
enum HostileCode implements Hostility {
  /** Noise. */
  RANDOM_BYTES(Canvas::fillRandom),

  /** A byte or two changed, as an implant would, or a failing memory. */
  FEW_BYTES(
      (guest, frame) -> {
        for (int i = guest.random.nextInt(4); i >= 0; i--) {
          int at = frame * PageBytes.SIZE + guest.random.nextInt(PageBytes.SIZE);
          guest.bytes().put(at, (byte) guest.random.nextInt());
        }
      }),

  /** Short conditional branches to everywhere: every byte offset is an instruction. */
  BRANCH_CHAIN(
      (guest, frame) -> {
        for (int at = 0; at < PageBytes.SIZE; at += 2) {
          guest.bytes().put(frame * PageBytes.SIZE + at, (byte) (0x70 + guest.random.nextInt(16)));
          guest.bytes().put(frame * PageBytes.SIZE + at + 1, (byte) guest.random.nextInt());
        }
      }),

  /** Jumps of one byte forward, overlapping, so that a path crawls through all offsets. */
  JUMP_CHAIN((guest, frame) -> guest.fillPattern(frame, 0xeb, 0xff - guest.random.nextInt(4))),

  /** Calls that overlap, each to a function of its own. */
  CALL_CHAIN(
      (guest, frame) -> {
        int distance = guest.random.nextInt(1 << (2 + guest.random.nextInt(18)));
        guest.fillPattern(frame, 0xe8, distance, distance >> 8, distance >> 16, 0);
      }),

  /** Calls to the next byte but one: every offset is a function. */
  FUNCTION_CHAIN((guest, frame) -> guest.fillPattern(frame, 0xe8, 0xe8, 0, 0, 0, 0x70, 0xfc)),

  /** Prefixes without an end, and instructions inside of immediates. */
  OVERLAPPING(
      (guest, frame) -> {
        int[] starts = {0x66, 0xf0, 0x48, 0x0f, 0x48b8 >> 8, 0xb8, 0x62, 0xc4, 0xc5, 0x2e, 0xeb};
        guest.fillWords(frame, at -> guest.random.nextLong());
        for (int at = 0; at < PageBytes.SIZE; at += 1 + guest.random.nextInt(6)) {
          int start = starts[guest.random.nextInt(starts.length)];
          guest.bytes().put(frame * PageBytes.SIZE + at, (byte) start);
        }
      }),

  /** Jumps through pointer tables anywhere, code and page tables included. */
  TABLE_JUMPS(
      (guest, frame) -> {
        long table = guest.address();
        boolean one = guest.oneIn(3);
        for (int at = 0; at + 16 <= PageBytes.SIZE; at += 16) {
          long here = one ? table : guest.address();
          int place = frame * PageBytes.SIZE + at;
          // mov rax, [rax*8+table]; jne on; jmp [rax*8+table]: both sizes of pointer at random.
          int sib = guest.template.longMode() ? 0xc5 : 0x85;
          guest.bytes().put(place, (byte) 0x8b).put(place + 1, (byte) 0x04);
          guest.bytes().put(place + 2, (byte) sib).putInt(place + 3, (int) here);
          guest.bytes().put(place + 7, (byte) 0x75).put(place + 8, (byte) 0x07);
          guest.bytes().put(place + 9, (byte) 0xff).put(place + 10, (byte) 0x24);
          guest.bytes().put(place + 11, (byte) sib).putInt(place + 12, (int) here + at);
        }
      }),

  /** Loads through RIP, as code that was made for one owner has them. */
  OWN_POINTERS(
      (guest, frame) -> {
        for (int at = 0; at + 15 <= PageBytes.SIZE; at += 15) {
          int place = frame * PageBytes.SIZE + at;
          guest.bytes().put(place, (byte) 0x48).put(place + 1, (byte) 0x8b);
          guest.bytes().put(place + 2, (byte) 0x05).putInt(place + 3, 0);
          guest.bytes().putLong(place + 7, guest.address());
        }
      }),

  /** Traps, or zeros: memory that looks unused. */
  BLANK((guest, frame) -> guest.fillPattern(frame, guest.random.nextBoolean() ? 0xcc : 0)),

  /** The code of another page. */
  OTHER_PAGE(
      (guest, frame) -> {
        int other = guest.anyFrame() * PageBytes.SIZE;
        guest.fillWords(frame, at -> guest.bytes().getLong(other + at));
      });

  @SuppressWarnings("ImmutableEnumChecker") // lambdas that capture nothing
  private final BiConsumer<Canvas, Integer> change;

  HostileCode(BiConsumer<Canvas, Integer> change) {
    this.change = change;
  }

  @Override
  public void apply(Canvas guest) {
    for (int pages = guest.random.nextInt(3); pages >= 0; pages--) {
      change.accept(guest, guest.frameOf(guest.code()));
    }
  }
}
