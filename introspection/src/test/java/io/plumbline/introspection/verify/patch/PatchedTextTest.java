package io.plumbline.introspection.verify.patch;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.image.ImageRelocations;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.PatchSites.Alternative;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.testing.SyntheticImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/**
 * The law of a patched text's fields: moved by them it is what the boot would have made of the
 * image elsewhere.
 */
class PatchedTextTest {
  private static final int PAGE = PageBytes.SIZE;
  private static final long HERE = 0x1400000;
  private static final long THERE = 0x2a00000;

  /** Offset of an operand that begins behind {@code xor ebx, ebx} and a byte of opcode. */
  private static final int OPERAND = 3;

  private final KernelImage image = withFieldsInReplacements(SyntheticImage.relocating().image());
  private final ImageLayout layout = ImageLayout.of(image);
  private final TextRules rules = new TextRules(layout);

  /**
   * Gives two sites with a replacement of seven bytes a field each that is overwritten, and each
   * replacement one that comes with it: an address, and a distance to what does not move.
   */
  private static KernelImage withFieldsInReplacements(KernelImage image) {
    List<Alternative> sites =
        image.sites().alternatives().stream()
            .filter(each -> each.replacementLength() == 7)
            .limit(2)
            .toList();
    Alternative pushing = sites.get(0);
    Alternative reading = sites.get(1);
    for (Alternative site : sites) {
      write(image, site.site(), "68 00 10 00 81 31 c0 90");
    }
    write(image, pushing.replacement(), "31 db 68 40 00 00 81");
    write(image, reading.replacement(), "65 8b 05 00 00 00 7f");
    int[] absolute = image.relocations().absolute32();
    int known = absolute.length;
    absolute = Arrays.copyOf(absolute, known + 3);
    absolute[known] = pushing.site() + 1;
    absolute[known + 1] = reading.site() + 1;
    absolute[known + 2] = pushing.replacement() + OPERAND;
    return new KernelImage(
        image.name(),
        image.banner(),
        image.buildId(),
        image.mode(),
        image.base(),
        image.sections(),
        new ImageRelocations(
            absolute,
            new int[] {reading.replacement() + OPERAND},
            image.relocations().absolute64()),
        image.symbols(),
        image.sites());
  }

  private static void write(KernelImage image, int at, String hex) {
    ImageSection section = image.sectionAt(at).orElseThrow();
    byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
    System.arraycopy(bytes, 0, section.bytes(), at - section.offset(), bytes.length);
  }

  /** The text after a boot on a processor that has every feature, or none. */
  private byte[] booted(long slide, boolean everyFeature) {
    byte[] expected = new byte[layout.bytes()];
    layout.relocateInto(expected, slide);
    BitSet features = new BitSet();
    features.set(0, everyFeature ? 1024 : 0);
    rules.rewrite(
        new Rewriting(
            layout,
            slide,
            new TextBytes.Whole(expected, expected.clone()),
            address -> OptionalLong.empty(),
            address -> false),
        new BootFacts(
            NopFamily.candidates(true).get(0),
            true,
            ReturnMode.PLAIN,
            Retpolines.Mode.THUNK,
            new FeatureVector(features, features, features),
            Map.of()));
    return expected;
  }

  private byte[] movedThere(MovedFields fields, byte[] text) {
    byte[] moved = new byte[layout.textBytes()];
    byte[] target = new byte[PAGE + 2 * MovedFields.MARGIN];
    for (int page = 0; page < moved.length; page += PAGE) {
      fields.copyPage(text, 0, layout.textBytes(), page, target, THERE - HERE);
      System.arraycopy(target, MovedFields.MARGIN, moved, page, PAGE);
    }
    return moved;
  }

  @Test
  void aTextMovedByItsFieldsIsWhatTheBootMakesOfTheImageElsewhere() {
    for (boolean everyFeature : new boolean[] {true, false}) {
      byte[] here = booted(HERE, everyFeature);
      MovedFields fields = PatchedText.of(layout, rules, here, 0, HERE).fields();
      byte[] there = Arrays.copyOf(booted(THERE, everyFeature), layout.textBytes());
      assertThat(movedThere(fields, here)).isEqualTo(there);
    }
  }

  @Test
  void theFieldsOfTheImageAsLinkedAreNotThoseOfAPatchedText() {
    byte[] here = booted(HERE, true);
    byte[] there = Arrays.copyOf(booted(THERE, true), layout.textBytes());
    assertThat(movedThere(layout.moved(), here)).isNotEqualTo(there);
  }

  @Test
  void aFieldThatHoldsAnythingElseIsNone() {
    byte[] here = booted(HERE, false);
    int site = layout.placeOf(image.relocations().absolute32()[0]);
    assertThat(fieldsOn(here, site)).contains(site);
    here[site] ^= 1;
    assertThat(fieldsOn(here, site)).doesNotContain(site);
  }

  private List<Integer> fieldsOn(byte[] text, int place) {
    List<Integer> found = new ArrayList<>();
    int page = place & -PAGE;
    PatchedText.of(layout, rules, text, 0, HERE)
        .fields()
        .forEach(page, (at, bytes, along) -> found.add(page + at));
    return found;
  }
}
