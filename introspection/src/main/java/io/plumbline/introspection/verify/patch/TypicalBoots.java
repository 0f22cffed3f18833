package io.plumbline.introspection.verify.patch;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Texts that an image has after usual boots, told from the image alone: tracing is off, static keys
 * and static calls are as linked, indirect branches as a processor without features has them. They
 * resemble what guests hold and equal no guest's: good for digests, never for verification.
 */
public final class TypicalBoots {
  private static final int WORD = 32;

  /** X86_FEATURE_ALWAYS ({@code arch/x86/include/asm/cpufeatures.h}). */
  private static final int ALWAYS = 3 * WORD + 21;

  /** REP_GOOD, LFENCE_RDTSC and NOPL of word 3, POPCNT and XSAVE of word 4. */
  private static final int[] USUAL = {
    3 * WORD + 16, 3 * WORD + 18, 3 * WORD + 20, 4 * WORD + 23, 4 * WORD + 26
  };

  /** FSGSBASE, SMEP, ERMS, INVPCID, SMAP of word 9, XSAVEOPT, XSAVEC and XSAVES of word 10. */
  private static final int[] RECENT = {
    9 * WORD,
    9 * WORD + 7,
    9 * WORD + 9,
    9 * WORD + 10,
    9 * WORD + 20,
    10 * WORD,
    10 * WORD + 1,
    10 * WORD + 3
  };

  private static final List<String> RETURN_THUNKS =
      List.of("srso_return_thunk", "retbleed_return_thunk", "__x86_return_thunk");

  private TypicalBoots() {}

  /** The texts at slide 0, each as long as the layout's array; one for each usual combination. */
  public static List<byte[]> of(ImageLayout layout, TextRules rules) {
    return of(layout, rules, 0);
  }

  /** The same at another slide. */
  public static List<byte[]> of(ImageLayout layout, TextRules rules, long slide) {
    List<byte[]> texts = new ArrayList<>();
    NopFamily nops = NopFamily.candidates(Alternatives.isRelocating(layout)).get(0);
    for (ReturnMode returns : returnModes(layout)) {
      for (BitSet features : processors()) {
        texts.add(text(layout, rules, slide, nops, returns, features));
      }
    }
    return texts;
  }

  /** The first of {@link #of} alone: an old processor, plain returns. */
  public static byte[] first(ImageLayout layout, TextRules rules) {
    NopFamily nops = NopFamily.candidates(Alternatives.isRelocating(layout)).get(0);
    return text(layout, rules, 0, nops, returnModes(layout).get(0), processors().get(0));
  }

  private static byte[] text(
      ImageLayout layout,
      TextRules rules,
      long slide,
      NopFamily nops,
      ReturnMode returns,
      BitSet features) {
    byte[] expected = new byte[layout.bytes()];
    layout.relocateInto(expected, slide);
    byte[] guest = expected.clone();
    Rewriting text =
        new Rewriting(
            layout,
            slide,
            new TextBytes.Whole(expected, guest),
            words(layout, slide),
            address -> false);
    rules.rewrite(
        text,
        new BootFacts(
            nops,
            true,
            returns,
            Retpolines.Mode.THUNK,
            new FeatureVector(features, features, features),
            Map.of()));
    return expected;
  }

  private static List<ReturnMode> returnModes(ImageLayout layout) {
    List<ReturnMode> modes = new ArrayList<>(List.of(ReturnMode.PLAIN));
    for (String thunk : RETURN_THUNKS) {
      OptionalLong at = layout.names().find(thunk);
      if (at.isPresent()) {
        modes.add(new ReturnMode(ReturnMode.Kind.THUNK, at.getAsLong()));
        break;
      }
    }
    layout
        .names()
        .find("its_return_thunk")
        .ifPresent(at -> modes.add(new ReturnMode(ReturnMode.Kind.THUNK_IN_LOWER_HALF, at)));
    return modes;
  }

  private static List<BitSet> processors() {
    BitSet oldest = new BitSet();
    oldest.set(ALWAYS);
    for (int bit : USUAL) {
      oldest.set(bit);
    }
    BitSet recent = (BitSet) oldest.clone();
    for (int bit : RECENT) {
      recent.set(bit);
    }
    return List.of(oldest, recent);
  }

  /** The words of the image's data as they are linked, moved. */
  private static GuestWords words(ImageLayout layout, long slide) {
    return address -> {
      long linked = layout.imageLong(address - layout.base() - slide);
      long offset = linked - layout.base();
      return OptionalLong.of(offset >= 0 && offset < layout.end() ? linked + slide : linked);
    };
  }
}
