package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.DecoderDisagreement;
import io.plumbline.introspection.golden.EnrolledRoots;
import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.FieldRule;
import io.plumbline.introspection.golden.FieldTable;
import io.plumbline.introspection.golden.GoldenCode;
import io.plumbline.introspection.golden.GoldenInstruction;
import io.plumbline.introspection.golden.PointerTable;
import io.plumbline.introspection.golden.SymbolTable;
import io.plumbline.introspection.golden.image.BuildName;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;

/** Signatures of no kernel in particular: every part filled, the extremes included. */
public final class RandomSignature {
  private static final List<FieldRule> RULES = List.of(FieldRule.values());

  private final Random random;
  private final int textBytes;

  private RandomSignature(long seed, int textBytes) {
    this.random = new Random(seed);
    this.textBytes = textBytes;
  }

  /** The same signature for the same seed and size. */
  public static EnrolledSignature of(long seed, int textBytes) {
    return new RandomSignature(seed, textBytes).signature();
  }

  private EnrolledSignature signature() {
    BuildName name =
        new BuildName(
            "Linux",
            "6.1.0-" + random.nextInt(100) + "-größe",
            random.nextBoolean() ? "" : "6.1-1");
    return new EnrolledSignature(
        SignatureCodec.DRAFT,
        name,
        random.nextBoolean() ? CodeMode.LONG_64 : CodeMode.PROTECTED_32,
        random.nextLong(),
        roots(),
        code(),
        tables(),
        random.longs(random.nextInt(50)).sorted().distinct().toArray(),
        symbols(),
        List.of(new DecoderDisagreement(random.nextInt(), "0fb9c0", 3, 2)),
        1 + random.nextInt(9));
  }

  private EnrolledRoots roots() {
    Map<Integer, SortedSet<Integer>> gates = new HashMap<>();
    for (int i = 0; i < 5; i++) {
      gates.put(random.nextInt(256), targets());
    }
    gates.put(255, new TreeSet<>(List.of(Integer.MIN_VALUE)));
    return new EnrolledRoots(gates, Map.of("LSTAR", targets(), "CSTAR", new TreeSet<>()));
  }

  private SortedSet<Integer> targets() {
    SortedSet<Integer> targets = new TreeSet<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      targets.add(random.nextInt(1 << 30) - (1 << 29));
    }
    return targets;
  }

  private GoldenCode code() {
    byte[] text = new byte[textBytes];
    BitSet starts = new BitSet();
    List<Integer> offsets = new ArrayList<>();
    List<FieldRule> rules = new ArrayList<>();
    Map<Integer, List<GoldenInstruction>> variants = new HashMap<>();
    for (int at = random.nextInt(20); at + 15 <= textBytes; at += 1 + random.nextInt(15)) {
      starts.set(at);
      text[at] = (byte) random.nextInt();
      if (random.nextInt(10) == 0) {
        offsets.add(at);
        rules.add(RULES.get(random.nextInt(RULES.size())));
      }
      if (random.nextInt(20) == 0) {
        variants.put(at, variants(at));
      }
    }
    FieldTable fields =
        new FieldTable(
            offsets.stream().mapToInt(Integer::intValue).toArray(),
            rules.toArray(new FieldRule[0]));
    return new GoldenCode(text, starts, fields, variants);
  }

  private List<GoldenInstruction> variants(int at) {
    List<GoldenInstruction> variants = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      byte[] bytes = new byte[1 + random.nextInt(15)];
      random.nextBytes(bytes);
      variants.add(
          new GoldenInstruction(
              at,
              bytes,
              bytes.length < 8
                  ? List.of()
                  : List.of(new GoldenInstruction.Field(bytes.length - 8, FieldRule.ABSOLUTE_64))));
    }
    return variants;
  }

  private List<PointerTable> tables() {
    return List.of(
        new PointerTable(random.nextInt(), random.ints(random.nextInt(20)).toArray()),
        new PointerTable(-1, new int[] {PointerTable.UNCHECKED, Integer.MAX_VALUE}));
  }

  private SymbolTable symbols() {
    int[] offsets = random.ints(random.nextInt(30), -4096, 1 << 26).sorted().toArray();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < offsets.length; i++) {
      names.add("do_" + Long.toHexString(random.nextLong()));
    }
    return new SymbolTable(offsets, names);
  }
}
