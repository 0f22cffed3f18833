package io.plumbline.introspection.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Byte sequences that an attacker can choose because some decoder reads them wrongly. */
class HostileBytesTest {
  private static final InstructionDecoder DECODER = InstructionDecoder.forMode(CodeMode.LONG_64);

  /** Lines where this decoder is stricter than the golden length, with the reason. */
  private static final Map<String, String> INVALID_ON_PURPOSE =
      Map.of("d5 00 c3", "REX2: only a processor with APX enabled reads it as a prefix");

  private static final Pattern TARGET = Pattern.compile("(\\S+) 0x([0-9a-f]+)$");

  record Line(String bytes, int length, String text) {
    byte[] code() {
      return HexFormat.ofDelimiter(" ").parseHex(bytes);
    }

    @Override
    public String toString() {
      return bytes;
    }
  }

  static List<Line> lines() throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                HostileBytesTest.class.getResourceAsStream("x86-hostile.txt"),
                StandardCharsets.UTF_8))) {
      return reader
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("\\|", -1))
          .map(f -> new Line(f[0].trim(), Integer.parseInt(f[1].trim()), f[2].trim()))
          .toList();
    }
  }

  static Stream<Line> lengths() throws IOException {
    return lines().stream().filter(line -> !INVALID_ON_PURPOSE.containsKey(line.bytes()));
  }

  static Stream<Line> directTransfers() throws IOException {
    return lengths()
        .filter(line -> !line.bytes().startsWith("66") && TARGET.matcher(line.text()).find());
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void theLengthIsTheOneTheProcessorExecutes(Line line) {
    byte[] padded = Arrays.copyOf(line.code(), 32);
    assertThat(Instruction.length(DECODER.decode(padded, 0, padded.length)))
        .isEqualTo(line.length());
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void cutOffByteSequencesAreInvalid(Line line) {
    byte[] padded = Arrays.copyOf(line.code(), 32);
    for (int limit = 0; limit < line.length(); limit++) {
      assertThat(DECODER.decode(padded, 0, limit)).as("limit %d", limit).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("directTransfers")
  void aDirectTransferNamesItsTarget(Line line) {
    byte[] code = line.code();
    long instruction = DECODER.decode(code, 0, code.length);
    Matcher matcher = TARGET.matcher(line.text());
    assertThat(matcher.find()).isTrue();
    assertThat(Instruction.flow(instruction).direct()).isEqualTo(!matcher.group(1).equals("int"));
    if (Instruction.flow(instruction).direct()) {
      assertThat(Instruction.target(code, 0, instruction, 0x1000))
          .isEqualTo(Long.parseLong(matcher.group(2), 16));
    }
  }

  @ParameterizedTest
  @MethodSource("operandSizedTransfers")
  void anOperandSizePrefixDoesNotShortenANearBranch(String bytes, long target) {
    byte[] code = HexFormat.ofDelimiter(" ").parseHex(bytes);
    long instruction = DECODER.decode(code, 0, code.length);
    assertThat(Instruction.length(instruction)).isEqualTo(code.length);
    assertThat(Instruction.target(code, 0, instruction, 0x1000)).isEqualTo(target);
  }

  static Stream<Arguments> operandSizedTransfers() {
    return Stream.of(
        Arguments.of("66 e8 01 00 00 00", 0x1007L),
        Arguments.of("66 e9 01 00 00 00", 0x1007L),
        Arguments.of("66 0f 84 01 00 00 00", 0x1008L));
  }

  @ParameterizedTest
  @MethodSource("invalidOnPurpose")
  void apxEncodingsAreInvalid(String bytes) {
    byte[] padded = Arrays.copyOf(HexFormat.ofDelimiter(" ").parseHex(bytes), 32);
    assertThat(DECODER.decode(padded, 0, padded.length)).isZero();
  }

  static Stream<String> invalidOnPurpose() {
    return INVALID_ON_PURPOSE.keySet().stream();
  }
}
