package io.plumbline.signaturestore.extract;

import io.plumbline.introspection.golden.SymbolTable;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The symbols of a kernel as {@code nm}, {@code System.map} and {@code /proc/kallsyms} write them:
 * {@code ffffffff9a400000 T name}, with {@code [module]} behind the name for what is not the
 * kernel's own. Kept are places in code and data (types {@code T t W w R r D d} of nm(1)).
 *
 * @param symbols ascending by address, one for each: of several names the global one, then the
 *     first in the alphabet
 */
public record SymbolsFile(List<Symbol> symbols) {
  /** Code and data; a running kernel calls even read-only tables, such as sys_call_table, data. */
  private static final String KEPT_TYPES = "TtWwRrDd";

  private static final int MOST_LINES = 4_000_000;
  private static final int MOST_SYMBOLS = 500_000;
  private static final int LONGEST_LINE = 1024;

  public SymbolsFile {
    symbols = List.copyOf(symbols);
  }

  /** Reads a list of symbols from a file. */
  public static SymbolsFile read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new SymbolsException(file + ": expected a list of symbols, found a folder");
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      return read(file.toString(), in);
    }
  }

  /**
   * Reads a list of symbols.
   *
   * @param where names the file in messages
   * @throws SymbolsException if a line is not of the form, or there are too many, or addresses are
   *     hidden
   */
  public static SymbolsFile read(String where, InputStream in) throws IOException {
    Reading reading = new Reading(where);
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next >= 0; next = in.read()) {
      if (next == '\n') {
        reading.line(line.toString());
        line.setLength(0);
      } else if (line.length() < LONGEST_LINE) {
        line.append((char) next);
      } else {
        throw reading.refuse("at most " + LONGEST_LINE + " characters", "a longer line");
      }
    }
    if (line.length() > 0) {
      reading.line(line.toString());
    }
    return reading.symbols();
  }

  /**
   * The symbols that lie in a build's code or near it, as a signature keeps them.
   *
   * @param base linear address of offset 0 in the guest that the list was made in
   * @param bytes how far from there symbols are kept
   */
  public SymbolTable table(long base, int bytes) {
    List<Symbol> inside =
        symbols.stream()
            .filter(each -> Long.compareUnsigned(each.address() - base, bytes) < 0)
            .toList();
    return new SymbolTable(
        inside.stream().mapToInt(each -> (int) (each.address() - base)).toArray(),
        inside.stream().map(Symbol::name).toList());
  }

  /** The state between two lines. */
  private static final class Reading {
    private record Named(boolean global, String name) {}

    private static final Comparator<Named> PREFERRED =
        Comparator.comparing((Named each) -> !each.global()).thenComparing(Named::name);

    private final String where;
    private final Map<Long, Named> names = new TreeMap<>(Long::compareUnsigned);
    private int lines;
    private boolean hidden;

    Reading(String where) {
      this.where = where;
    }

    void line(String line) throws SymbolsException {
      lines++;
      if (lines > MOST_LINES) {
        throw refuse("at most " + MOST_LINES + " lines", "more");
      }
      String text = line.strip();
      if (text.isEmpty()) {
        return;
      }
      String[] columns = text.split("\\s+", 4);
      // nm leaves the address out for what another file defines: "                 U printf"
      if (columns.length == 2 && columns[0].length() == 1) {
        return;
      }
      if (columns.length < 3 || columns[1].length() != 1) {
        throw refuse("'ADDRESS TYPE NAME'", "'" + printable(text) + "'");
      }
      long address = address(columns[0]);
      if (columns.length == 3 && KEPT_TYPES.contains(columns[1])) {
        keep(address, columns[1].charAt(0), columns[2]);
      }
    }

    private void keep(long address, char type, String name) throws SymbolsException {
      if (address == 0) {
        hidden = true;
        return;
      }
      if (!name.equals(printable(name))) {
        throw refuse("a name of at most 512 printable characters", "'" + printable(name) + "'");
      }
      names.merge(
          address,
          new Named(Character.isUpperCase(type), name),
          (a, b) -> PREFERRED.compare(a, b) <= 0 ? a : b);
      if (names.size() > MOST_SYMBOLS) {
        throw refuse("at most " + MOST_SYMBOLS + " symbols", "more");
      }
    }

    private long address(String hex) throws SymbolsException {
      try {
        return Long.parseUnsignedLong(hex, 16);
      } catch (NumberFormatException e) {
        throw refuse("an address in hex", "'" + printable(hex) + "'");
      }
    }

    SymbolsFile symbols() throws SymbolsException {
      if (names.isEmpty()) {
        throw new SymbolsException(
            where
                + ": expected symbols of code or read-only data, found "
                + (hidden
                    ? "only address 0 (the kernel hides them: read the list as root)"
                    : "none"));
      }
      List<Symbol> symbols = new ArrayList<>(names.size());
      names.forEach((address, named) -> symbols.add(new Symbol(address, named.name())));
      return new SymbolsFile(symbols);
    }

    SymbolsException refuse(String expected, String found) {
      return new SymbolsException(
          where + ": line " + Math.max(1, lines) + ": expected " + expected + ", found " + found);
    }

    private static String printable(String text) {
      StringBuilder shown = new StringBuilder();
      for (int i = 0; i < Math.min(text.length(), 512); i++) {
        char c = text.charAt(i);
        shown.append(c >= ' ' && c <= '~' ? c : '?');
      }
      return shown.toString();
    }
  }
}
