package io.plumbline.introspection.code;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * One line of the opcode tables: which opcodes, under which mandatory prefixes, with which ModRM
 * bytes, have which attributes. The notation stands at the head of the table files.
 *
 * @param space LEGACY, VEX, EVEX or XOP
 * @param map number of the opcode map as the encoding itself counts it; 0 is the one-byte map
 * @param modrm the ModRM bytes that belong to this row; all of them if there is no ModRM
 */
record OpcodeRow(
    String space,
    int map,
    int firstOpcode,
    int lastOpcode,
    List<Integer> prefixes,
    boolean hasModrm,
    BitSet modrm,
    List<String> attributes) {

  private static final Map<String, Integer> MAPS =
      Map.ofEntries(
          Map.entry("1B", Instruction.MAP_ONE_BYTE),
          Map.entry("0F", Instruction.MAP_0F),
          Map.entry("0F38", Instruction.MAP_0F38),
          Map.entry("0F3A", Instruction.MAP_0F3A),
          Map.entry("M5", 5),
          Map.entry("M6", 6),
          Map.entry("M8", 8),
          Map.entry("M9", 9),
          Map.entry("M10", 10));
  private static final List<String> PREFIXES = List.of("np", "66", "F3", "F2");
  private static final List<String> SPACES = List.of("VEX", "EVEX", "XOP");
  private static final Pattern OPERANDS = Pattern.compile("-|(m|r|rm)(/[0-7]+)?|=[0-9A-F,]+");

  boolean has(String attribute) {
    return attributes.contains(attribute);
  }

  boolean matchesModrm(int value) {
    return modrm.get(value);
  }

  static List<OpcodeRow> read(String resource) {
    List<OpcodeRow> rows = new ArrayList<>();
    try (InputStream in = OpcodeRow.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(
            "the opcode table " + resource + " is not on the class path");
      }
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank() && line.charAt(0) != '#') {
          rows.add(parse(line));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the opcode table " + resource, e);
    }
    return rows;
  }

  static OpcodeRow parse(String line) {
    int comment = line.indexOf(" : ");
    String[] fields = (comment < 0 ? line : line.substring(0, comment)).trim().split(" +");
    int at = 0;
    String space = SPACES.contains(fields[0]) ? fields[at++] : "LEGACY";
    Integer map = MAPS.get(fields[at++]);
    if (map == null || fields.length < at + 3) {
      throw new IllegalArgumentException("not a row of an opcode table: " + line);
    }
    String[] range = fields[at++].split("-");
    List<Integer> prefixes = prefixes(fields[at++]);
    boolean hasModrm = !fields[at].equals("-");
    BitSet modrm = new BitSet(256);
    while (at < fields.length && OPERANDS.matcher(fields[at]).matches()) {
      addModrm(modrm, fields[at++]);
    }
    return new OpcodeRow(
        space,
        map,
        Integer.parseInt(range[0], 16),
        Integer.parseInt(range[range.length - 1], 16),
        prefixes,
        hasModrm,
        modrm,
        List.of(fields).subList(at, fields.length));
  }

  private static List<Integer> prefixes(String field) {
    if (field.equals("*")) {
      return List.of(0, 1, 2, 3);
    }
    List<Integer> prefixes = new ArrayList<>();
    for (String prefix : field.split(",")) {
      int index = PREFIXES.indexOf(prefix);
      if (index < 0) {
        throw new IllegalArgumentException("not a mandatory prefix: " + prefix);
      }
      prefixes.add(index);
    }
    return prefixes;
  }

  private static void addModrm(BitSet modrm, String operands) {
    if (operands.equals("-")) {
      modrm.set(0, 256);
    } else if (operands.charAt(0) == '=') {
      for (String value : operands.substring(1).split(",")) {
        modrm.set(Integer.parseInt(value.toLowerCase(Locale.ROOT), 16));
      }
    } else {
      int slash = operands.indexOf('/');
      String forms = slash < 0 ? operands : operands.substring(0, slash);
      String digits = slash < 0 ? "01234567" : operands.substring(slash + 1);
      for (int value = 0; value < 256; value++) {
        boolean register = value >= 0xc0;
        boolean formFits = forms.indexOf(register ? 'r' : 'm') >= 0;
        if (formFits && digits.indexOf('0' + (value >> 3 & 7)) >= 0) {
          modrm.set(value);
        }
      }
    }
  }
}
