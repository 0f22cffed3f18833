package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.signaturestore.keep.TableSites.Table;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * What a module's code suggests of the tables that list its patch sites: a table of calls lists its
 * calls, one of returns its jumps to the return thunk, and so on, mostly in their order. A table is
 * then told by where it differs.
 */
final class SiteGuesses {
  private static final byte CALL = (byte) 0xe8;
  private static final int CALL_BYTES = 5;
  private static final String TRACER = "__fentry__";
  private static final String RETURN_THUNK = "__x86_return_thunk";
  private static final String INDIRECT_THUNK = "__x86_indirect_thunk_";

  private final int[] guesses;
  private long previous = -1;

  private SiteGuesses(int[] guesses) {
    this.guesses = guesses;
  }

  /**
   * Guesses the sites of a table.
   *
   * @param places of the fields of the code, ascending; others may follow
   * @param targets of the same fields
   */
  static SiteGuesses of(
      Table table,
      byte[] code,
      int[] places,
      int[] targets,
      List<String> imports,
      ImageSymbols symbols) {
    BitSet sites = new BitSet(code.length);
    for (int i = 0; i < places.length && places[i] < code.length; i++) {
      int imported = ModuleImage.importAt(targets[i]);
      String name = imported >= 0 && imported < imports.size() ? imports.get(imported) : "";
      if (places[i] > 0 && table == tableOf(name, code[places[i] - 1])) {
        sites.set(places[i] - 1);
      }
    }
    if (table == Table.CALLS) {
      localCalls(sites, code, symbols);
    }
    return new SiteGuesses(sites.stream().toArray());
  }

  private static Table tableOf(String target, byte opcode) {
    if (target.equals(TRACER)) {
      return Table.TRACES;
    }
    if (target.equals(RETURN_THUNK)) {
      return Table.RETURNS;
    }
    if (target.startsWith(INDIRECT_THUNK)) {
      return Table.RETPOLINES;
    }
    return opcode == CALL ? Table.CALLS : null;
  }

  /** Calls that the assembler linked: to where a symbol is. */
  private static void localCalls(BitSet sites, byte[] code, ImageSymbols symbols) {
    BitSet functions = new BitSet(code.length);
    for (long offset : symbols.offsets()) {
      if (offset >= 0 && offset < code.length) {
        functions.set((int) offset);
      }
    }
    for (int at = 0; at + CALL_BYTES <= code.length; at++) {
      if (code[at] == CALL) {
        int distance = 0;
        for (int i = CALL_BYTES - 1; i > 0; i--) {
          distance = (distance << Byte.SIZE) | (code[at + i] & 0xff);
        }
        long target = (long) at + CALL_BYTES + distance;
        if (distance != 0 && target >= 0 && target < code.length && functions.get((int) target)) {
          sites.set(at);
        }
      }
    }
  }

  /** The first guess behind the last site; -1 if there is none. */
  private int next() {
    if (previous >= Integer.MAX_VALUE) {
      return -1;
    }
    int at = Arrays.binarySearch(guesses, (int) Math.max(-1, previous));
    int next = at < 0 ? -at - 1 : at + 1;
    return next < guesses.length ? guesses[next] : -1;
  }

  /** Writes the next entry: nothing but that it is the next guess, or its step. */
  void write(ByteSink to, long site) {
    if (site == next() && site >= 0) {
      to.signedLong(0);
    } else {
      long step = site - previous;
      // A step of zero is written as one, and so on: zero is a guess that is right.
      to.signedLong(step < 0 ? step : step + 1);
    }
    previous = site;
  }

  /** The inverse of {@link #write}. */
  long read(ByteSource from) throws SignatureException {
    int at = from.position();
    long step = from.signedLong("step to a site");
    long site = next();
    if (step != 0) {
      site = previous + (step < 0 ? step : step - 1);
    } else if (site < 0) {
      throw from.refuse(at, "step to a site", "one that the code suggests", step);
    }
    previous = site;
    return site;
  }
}
