package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.DecoderDisagreement;
import io.plumbline.introspection.golden.EnrolledRoots;
import io.plumbline.introspection.golden.PointerTable;
import io.plumbline.introspection.golden.SymbolTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The sections that hold what is known about a build besides its code. */
final class FactSections {
  private static final int VECTORS = 256;
  private static final int MOST_REGISTERS = 64;
  private static final int LONGEST_REGISTER = 64;
  private static final int MOST_TARGETS = 4096;
  private static final int MOST_TABLES = 100_000;
  private static final int MOST_ENTRIES = 1_000_000;
  private static final int MOST_DIGESTS = 500_000;
  private static final int MOST_SYMBOLS = 500_000;

  /** Bytes of a symbol's name; Linux ends at 511 (KSYM_NAME_LEN in include/linux/kallsyms.h). */
  private static final int LONGEST_SYMBOL = 1024;

  private static final int MOST_DISAGREEMENTS = 100_000;
  private static final int LONGEST_HEX = 64;

  private FactSections() {}

  static byte[] roots(EnrolledRoots roots) {
    ByteSink to = new ByteSink();
    to.unsigned(roots.gates().size());
    new TreeMap<>(roots.gates())
        .forEach(
            (vector, targets) -> {
              to.unsigned(vector);
              to.ascending(targets);
            });
    to.unsigned(roots.registers().size());
    new TreeMap<>(roots.registers())
        .forEach(
            (register, targets) -> {
              to.text(register);
              to.ascending(targets);
            });
    return to.toByteArray();
  }

  static EnrolledRoots roots(ByteSource from) throws SignatureException {
    int gateCount = from.count("gates", VECTORS, 2);
    Map<Integer, SortedSet<Integer>> gates = new HashMap<>();
    for (int i = 0; i < gateCount; i++) {
      int at = from.position();
      int vector = from.unsigned("vector", VECTORS - 1);
      if (gates.put(vector, targets(from)) != null) {
        throw from.refuse(at, "vector", "each once", vector);
      }
    }
    int registerCount = from.count("root registers", MOST_REGISTERS, 2);
    Map<String, SortedSet<Integer>> registers = new HashMap<>();
    for (int i = 0; i < registerCount; i++) {
      int at = from.position();
      String register = from.text("root register", LONGEST_REGISTER);
      if (registers.put(register, targets(from)) != null) {
        throw from.refuse(at, "root register", "each once", register);
      }
    }
    from.end();
    return new EnrolledRoots(gates, registers);
  }

  private static SortedSet<Integer> targets(ByteSource from) throws SignatureException {
    SortedSet<Integer> targets = new TreeSet<>();
    for (int target : from.ascending("targets", MOST_TARGETS)) {
      targets.add(target);
    }
    return Collections.unmodifiableSortedSet(targets);
  }

  static byte[] tables(List<PointerTable> tables) {
    ByteSink to = new ByteSink();
    to.unsigned(tables.size());
    for (PointerTable table : tables) {
      to.signed(table.offset());
      to.unsigned(table.targets().length);
      for (int target : table.targets()) {
        to.signed(target);
      }
    }
    return to.toByteArray();
  }

  static List<PointerTable> tables(ByteSource from) throws SignatureException {
    int count = from.count("tables", MOST_TABLES, 2);
    List<PointerTable> tables = new ArrayList<>(count);
    int left = MOST_ENTRIES;
    for (int i = 0; i < count; i++) {
      int offset = from.signed("table");
      int[] targets = new int[from.count("entries of a table", left, 1)];
      left -= targets.length;
      for (int j = 0; j < targets.length; j++) {
        targets[j] = from.signed("entry of a table");
      }
      tables.add(new PointerTable(offset, targets));
    }
    from.end();
    return tables;
  }

  static byte[] digests(long[] digests) {
    ByteSink to = new ByteSink();
    to.unsigned(digests.length);
    for (int i = 0; i < digests.length; i++) {
      if (i > 0 && digests[i - 1] >= digests[i]) {
        throw new IllegalArgumentException(
            "signature: expected ascending function digests, found " + digests[i]);
      }
      to.int64(digests[i]);
    }
    return to.toByteArray();
  }

  static long[] digests(ByteSource from) throws SignatureException {
    long[] digests = new long[from.count("function digests", MOST_DIGESTS, Long.BYTES)];
    for (int i = 0; i < digests.length; i++) {
      int at = from.position();
      digests[i] = from.int64("function digest");
      if (i > 0 && digests[i - 1] >= digests[i]) {
        throw from.refuse(at, "function digest", "more than " + digests[i - 1], digests[i]);
      }
    }
    from.end();
    return digests;
  }

  static byte[] symbols(SymbolTable symbols) {
    ByteSink to = new ByteSink();
    to.unsigned(symbols.offsets().length);
    for (int i = 0; i < symbols.offsets().length; i++) {
      int offset = symbols.offsets()[i];
      if (i == 0) {
        to.signed(offset);
      } else {
        to.unsigned(Math.subtractExact(offset, symbols.offsets()[i - 1]));
      }
    }
    for (String name : symbols.names()) {
      to.text(name);
    }
    return to.toByteArray();
  }

  static SymbolTable symbols(ByteSource from) throws SignatureException {
    int[] offsets = new int[from.count("symbols", MOST_SYMBOLS, 2)];
    for (int i = 0; i < offsets.length; i++) {
      // Two names of one place are legal, so a step may be zero.
      offsets[i] =
          i == 0
              ? from.signed("symbol")
              : offsets[i - 1]
                  + from.unsigned(
                      "symbol",
                      (int) Math.min(Integer.MAX_VALUE, Integer.MAX_VALUE - (long) offsets[i - 1]));
    }
    List<String> names = new ArrayList<>(offsets.length);
    for (int i = 0; i < offsets.length; i++) {
      names.add(from.text("name of a symbol", LONGEST_SYMBOL));
    }
    from.end();
    return new SymbolTable(offsets, names);
  }

  static byte[] disagreements(List<DecoderDisagreement> disagreements) {
    ByteSink to = new ByteSink();
    to.unsigned(disagreements.size());
    for (DecoderDisagreement each : disagreements) {
      to.signed(each.offset());
      to.text(each.bytes());
      to.unsigned(each.decoderLength());
      to.unsigned(each.capstoneLength());
    }
    return to.toByteArray();
  }

  static List<DecoderDisagreement> disagreements(ByteSource from) throws SignatureException {
    int count = from.count("disagreements", MOST_DISAGREEMENTS, 4);
    List<DecoderDisagreement> disagreements = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      disagreements.add(
          new DecoderDisagreement(
              from.signed("disagreement"),
              from.text("bytes of a disagreement", LONGEST_HEX),
              from.unsigned("length by the decoder", LONGEST_HEX),
              from.unsigned("length by the second opinion", LONGEST_HEX)));
    }
    from.end();
    return disagreements;
  }
}
