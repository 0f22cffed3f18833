package io.plumbline.introspection.verify.dynamic;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.CallAccounting;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.ReturnMode;
import io.plumbline.introspection.verify.patch.Rewriting;
import io.plumbline.introspection.verify.patch.TextBytes;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory of the BPF compiler: one program of 64 bytes at its beginning, INT3 up to its end. */
class BpfProgramsTest {
  private static final long ADDRESS = 0xffffffffc0200000L;
  private static final int HEADER = 4;
  private static final String FRAME = "0f1f440000" + "554889e5";
  private static final String END = "31c0" + "c9" + "c3";

  /** SARQ $5, %gs:0, as a stand-in for what counts a call. */
  private static final byte[] COUNTING = HexFormat.of().parseHex("6548c13c250000000005");

  private final ImageLayout layout = ImageLayout.of(SyntheticImage.relocating().image());
  private final byte[] memory = new byte[2 * PageBytes.SIZE];

  private BpfPrograms.Found found(String program, CallAccounting accounting) {
    Arrays.fill(memory, 0, PageBytes.SIZE, (byte) 0xcc);
    Arrays.fill(memory, PageBytes.SIZE, memory.length, (byte) 0xcc);
    memory[0] = 64;
    memory[1] = 0;
    memory[2] = 0;
    memory[3] = 0;
    byte[] code = HexFormat.of().parseHex(program);
    System.arraycopy(code, 0, memory, HEADER, code.length);
    return look(accounting);
  }

  private BpfPrograms.Found look(CallAccounting accounting) {
    byte[] expected = new byte[layout.bytes()];
    layout.relocateInto(expected, SyntheticImage.SLIDE);
    Rewriting text =
        new Rewriting(
            layout,
            SyntheticImage.SLIDE,
            new TextBytes.Whole(expected, expected.clone()),
            at -> OptionalLong.of(0),
            at -> false);
    return new BpfPrograms(text, ReturnMode.PLAIN, accounting).at(memory, ADDRESS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "554889e5",
        "0f1f440000554889e5",
        "0f1f4400006690554889e5",
        "6666666690554889e5",
        "f30f1efa0f1f440000554889e5f30f1efa",
        "f30f1efa0f1f4400000f1f00554889e5f30f1efa",
        "f30f1efa0f1f44000031c0554889e5f30f1efa"
      })
  void aProgramIsToldByHowItBegins(String prologue) {
    BpfPrograms.Found found = found(prologue + END, CallAccounting.NONE);

    assertThat(found).isEqualTo(new BpfPrograms.Found(2, 1, true));
  }

  @Test
  void codeBehindTheLastProgramIsNotItsOwn() {
    found(FRAME + END, CallAccounting.NONE);
    memory[PageBytes.SIZE + 0x80] = (byte) 0xc3;
    assertThat(look(CallAccounting.NONE).pages()).isEqualTo(1);

    memory[0x80] = (byte) 0xc3;
    assertThat(look(CallAccounting.NONE).pages()).isZero();
  }

  @Test
  void aProgramThatWritesElsewhereIsNotConfined() {
    assertThat(found(FRAME + "488907" + END, CallAccounting.NONE).confined()).isFalse();
  }

  @Test
  void aCountedCallStillHasToLeadToAHelper() {
    CallAccounting counting =
        (code, at, address) ->
            at + COUNTING.length <= code.length
                    && Arrays.equals(code, at, at + COUNTING.length, COUNTING, 0, COUNTING.length)
                ? COUNTING.length
                : 0;
    String counted = FRAME + HexFormat.of().formatHex(COUNTING);

    assertThat(found(counted + "e800000000" + END, counting).confined()).isFalse();
    // What counts stands before a call and nowhere else.
    assertThat(found(counted + END, counting).confined()).isFalse();
  }

  @Test
  void theFirstPageTellsWhereNoProgramBegins() {
    Random random = new Random(51);
    int begun = 0;
    int refused = 0;
    for (int round = 0; round < 4000; round++) {
      Arrays.fill(memory, (byte) 0xcc);
      byte[] code = HexFormat.of().parseHex(FRAME + END);
      int hole = random.nextInt(3) == 0 ? random.nextInt(5000) : random.nextInt(60);
      int size = 64 * (1 + random.nextInt(80));
      Bytes.putInt(memory, 0, random.nextInt(8) == 0 ? random.nextInt() : size);
      System.arraycopy(code, 0, memory, HEADER + hole, code.length);
      if (random.nextBoolean()) {
        memory[random.nextInt(HEADER + hole + code.length)] ^= (byte) (1 << random.nextInt(8));
      }
      boolean may = BpfPrograms.mayBeginWith(Arrays.copyOf(memory, PageBytes.SIZE), memory.length);
      boolean begins = look(CallAccounting.NONE).programs() > 0;
      assertThat(may || !begins).as("seed 51, round %d", round).isTrue();
      begun += begins ? 1 : 0;
      refused += may ? 0 : 1;
    }
    assertThat(begun).isGreaterThan(1000);
    assertThat(refused).isGreaterThan(500);
  }
}
