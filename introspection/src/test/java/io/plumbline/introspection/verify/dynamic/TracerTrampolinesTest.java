package io.plumbline.introspection.verify.dynamic;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.ReturnMode;
import io.plumbline.introspection.verify.patch.Rewriting;
import io.plumbline.introspection.verify.patch.TextBytes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A copy of the tracer that calls the handler of livepatches. */
class TracerTrampolinesTest {
  private static final long SLIDE = SyntheticImage.SLIDE;
  private static final long COPY = 0xffffffffc0500000L;
  private static final long OPS = 0xffff888003a42020L;
  private static final long HEAD = OPS - 16;
  private static final long PATCH = 0xffffffffc0602000L;
  private static final long OLDER = PATCH + 0x100;
  private static final long REPLACEMENT = 0xffffffffc0600040L;
  private static final long ELSEWHERE = 0xffffffffc0700000L;
  private static final int SIZE = 0x30;
  private static final int CALL = 0x20;

  private final SyntheticImage image = SyntheticImage.classic();
  private final ImageLayout layout = ImageLayout.of(image.image());
  private final byte[] text = new byte[layout.bytes()];
  private final byte[] page = new byte[PageBytes.SIZE];
  private final Map<Long, Long> words = new HashMap<>();

  @BeforeEach
  void aPatchedFunction() {
    layout.relocateInto(text, SLIDE);
    int tracer = layout.placeOf(layout.names().required("ftrace_caller"));
    System.arraycopy(text, tracer, page, 0, SIZE);
    Bytes.putInt(page, 0x13, SIZE + 5 - 0x10 - 7);
    page[CALL] = (byte) 0xe8;
    long handler = image.addressOf("klp_ftrace_handler");
    Bytes.putInt(page, CALL + 1, (int) (handler - COPY - CALL - 5));
    page[SIZE] = (byte) 0xc3;
    page[SIZE + 1] = (byte) 0xcc;
    Bytes.putLong(page, SIZE + 5, OPS);
    words.put(OPS, handler);
    words.put(OPS + 0x40, COPY);
    stack(PATCH);
    words.put(PATCH + 8, REPLACEMENT);
  }

  private void stack(long... patches) {
    long node = HEAD;
    for (long patch : patches) {
      words.put(node, patch + 112);
      node = patch + 112;
    }
    words.put(node, HEAD);
  }

  private Optional<TracerTrampolines.Trampoline> copy() {
    Rewriting rewriting =
        new Rewriting(
            layout,
            SLIDE,
            new TextBytes.Whole(text, text.clone()),
            at -> OptionalLong.of(words.getOrDefault(at, 0L)),
            at -> at == REPLACEMENT);
    return new TracerTrampolines(
            rewriting,
            ReturnMode.PLAIN,
            at -> OptionalLong.of(words.getOrDefault(at, 0L)),
            at -> at == COPY ? Optional.of(PageBytes.wrap(page.clone())) : Optional.empty())
        .at(COPY);
  }

  @Test
  void aReplacementInAVerifiedModuleIsTold() {
    assertThat(copy().orElseThrow().replacements()).containsExactly(REPLACEMENT);
  }

  @Test
  void aReplacementInNoVerifiedModuleMakesTheCopyNobodys() {
    for (long hook : List.of(ELSEWHERE, REPLACEMENT + 1, image.addressOf("function_a"), 0L)) {
      words.put(PATCH + 8, hook);
      assertThat(copy()).as("%#x", hook).isEmpty();
    }
  }

  @Test
  void whatAnOlderPatchGoesToIsAskedToo() {
    stack(PATCH, OLDER);
    words.put(OLDER + 8, ELSEWHERE);
    assertThat(copy()).isEmpty();

    words.put(OLDER + 8, REPLACEMENT);
    assertThat(copy().orElseThrow().replacements()).hasSize(2);
  }

  @Test
  void aPatchThatRestoresWhatWasThereGoesNowhere() {
    words.put(PATCH + 8, ELSEWHERE);
    words.put(PATCH + 144, 1L);
    assertThat(copy().orElseThrow().replacements()).isEmpty();
  }

  @Test
  void patchesWithoutAnEndMakeTheCopyNobodys() {
    words.put(PATCH + 112, PATCH + 112);
    assertThat(copy()).isEmpty();
  }

  @Test
  void noChangedByteOfACopySurvives() {
    for (int at = 0; at < page.length; at++) {
      page[at] ^= 0x11;
      assertThat(copy()).as("byte %d", at).isEmpty();
      page[at] ^= 0x11;
    }
    assertThat(copy()).isPresent();
  }
}
