package io.plumbline.signaturestore.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.DecoderDisagreement;
import io.plumbline.introspection.golden.EnrolledRoots;
import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.FieldRule;
import io.plumbline.introspection.golden.FieldTable;
import io.plumbline.introspection.golden.GoldenCode;
import io.plumbline.introspection.golden.GoldenInstruction;
import io.plumbline.introspection.golden.PointerTable;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.SymbolTable;
import io.plumbline.introspection.golden.image.BuildName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureCodecTest {
  /** Id of the fixture, which was written when the format was at version 1 and never again. */
  private static final SignatureId VERSION_1 =
      new SignatureId("sha256:1bc74143ae5ce77056de3b437778e26d10332a11ca8c49127273498b13fae0ce");

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whatIsWrittenIsRead(long seed) throws IOException {
    EnrolledSignature written = RandomSignature.of(seed, (int) (seed * 1000));
    EncodedSignature encoded = SignatureCodec.encode(written);

    EnrolledSignature read = read(encoded.file());

    assertSame(read, written, "seed " + seed);
    assertThat(read.id()).isEqualTo(encoded.id()).isNotEqualTo(SignatureCodec.DRAFT);
    assertThat(SignatureCodec.encode(read).file()).as("seed " + seed).isEqualTo(encoded.file());
  }

  @Test
  void aSignatureWithoutAnyCodeIsReadAsSuch() throws IOException {
    EnrolledSignature empty =
        new EnrolledSignature(
            SignatureCodec.DRAFT,
            new BuildName("", "", ""),
            CodeMode.LONG_64,
            0,
            new EnrolledRoots(Map.of(), Map.of()),
            new GoldenCode(new byte[0], new BitSet(), FieldTable.NONE, Map.of()),
            List.of(),
            new long[0],
            SymbolTable.NONE,
            List.of(),
            0);
    EncodedSignature encoded = SignatureCodec.encode(empty);

    assertSame(read(encoded.file()), empty, "empty");
  }

  @Test
  void aSignatureOfFormatVersionOneIsStillRead() throws IOException {
    byte[] file;
    try (InputStream fixture = getClass().getResourceAsStream("signature-format-1.plsig")) {
      file = fixture.readAllBytes();
    }

    EnrolledSignature read =
        (EnrolledSignature) SignatureCodec.decode("signature-format-1.plsig", VERSION_1, file);

    assertSame(read, fixture(), "fixture");
  }

  @Test
  void aFileThatIsNotWhatItIsCalledIsRefused() {
    EncodedSignature encoded = SignatureCodec.encode(fixture());
    byte[] other = encoded.file().clone();
    other[other.length - 1] ^= 1;

    assertThatThrownBy(() -> SignatureCodec.decode("store/a.plsig", encoded.id(), other))
        .isInstanceOf(SignatureException.class)
        .hasMessageContaining("store/a.plsig")
        .hasMessageContaining("expected " + encoded.id())
        .hasMessageContaining("found " + SignatureCodec.idOf(other));
  }

  @Test
  void everyTruncatedFileIsRefused() {
    byte[] file = SignatureCodec.encode(fixture()).file();
    for (int length = 0; length < file.length; length++) {
      byte[] truncated = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> read(truncated))
          .as("length " + length)
          .isInstanceOf(SignatureException.class)
          .hasMessageStartingWith("hostile.plsig: ");
    }
  }

  /** Whoever can write files can also compute digests, so the digest alone protects nobody. */
  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void aDamagedFileUnderItsOwnDigestIsReadOrRefusedAndNothingElse(long seed) throws IOException {
    Random random = new Random(seed);
    byte[] file = SignatureCodec.encode(RandomSignature.of(seed, 2000)).file();
    int refused = 0;
    for (int round = 0; round < 2000; round++) {
      byte[] damaged = file.clone();
      for (int i = random.nextInt(3); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        EnrolledSignature read = read(damaged);
        assertThat(read.code().starts().length()).isLessThanOrEqualTo(read.code().text().length);
      } catch (SignatureException e) {
        refused++;
        assertThat(e).as("seed " + seed).hasMessageContaining("expected");
      }
    }
    assertThat(refused).as("seed " + seed).isPositive();
  }

  /** The same, with the damage inside the bodies, where compression does not shield the readers. */
  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23})
  void aDamagedBodyIsReadOrRefusedAndNothingElse(long seed) throws IOException {
    Random random = new Random(seed);
    SectionFile sections =
        SectionFile.read("whole", SignatureCodec.encode(RandomSignature.of(seed, 2000)).file());
    List<SectionType> types = ofEnrolled();
    int refused = 0;
    for (int round = 0; round < 300; round++) {
      SectionType damagedType = types.get(random.nextInt(types.size()));
      Map<SectionType, byte[]> bodies = new EnumMap<>(SectionType.class);
      for (SectionType type : ofEnrolled()) {
        bodies.put(type, sections.bytes(type));
      }
      byte[] body = bodies.get(damagedType).clone();
      body[random.nextInt(body.length)] = (byte) random.nextInt();
      bodies.put(damagedType, random.nextBoolean() ? body : Arrays.copyOf(body, body.length - 1));
      try {
        read(SectionFile.write(bodies));
      } catch (SignatureException e) {
        refused++;
        assertThat(e)
            .as("seed " + seed)
            .hasMessageMatching("hostile.plsig: section [A-Z]+: .*: expected .*, found .*");
      }
    }
    assertThat(refused).as("seed " + seed).isPositive();
  }

  @Test
  void aCountThatTheFileCannotHoldIsRefusedBeforeAnythingIsAllocated() {
    Map<SectionType, byte[]> bodies = new EnumMap<>(SectionType.class);
    for (SectionType type : ofEnrolled()) {
      bodies.put(type, new byte[] {0, 0});
    }
    ByteSink huge = new ByteSink();
    huge.unsigned(400_000);
    bodies.put(SectionType.DIGESTS, huge.toByteArray());

    assertThatThrownBy(
            () ->
                FactSections.digests(
                    SectionFile.read("hostile.plsig", SectionFile.write(bodies))
                        .required(SectionType.DIGESTS)))
        .isInstanceOf(SignatureException.class)
        .hasMessage(
            "hostile.plsig: section DIGESTS: number of function digests at offset 0: expected what"
                + " fits into the 0 bytes after it, found 400000");
  }

  @Test
  void aBodyThatClaimsMoreThanASectionMayHoldIsRefused() {
    byte[] file = SignatureCodec.encode(fixture()).file();
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(16, Integer.MAX_VALUE);

    assertThatThrownBy(() -> read(file))
        .isInstanceOf(SignatureException.class)
        .hasMessageContaining("length of section BUILD")
        .hasMessageContaining("found 2147483647");
  }

  @Test
  void anUnknownOptionalSectionIsPassedOver() throws IOException {
    byte[] extended = withSection(SignatureCodec.encode(fixture()).file(), 999, 0);

    assertSame(read(extended), fixture(), "with a section of a later version");
  }

  @Test
  void anUnknownMandatorySectionIsRefused() {
    byte[] extended = withSection(SignatureCodec.encode(fixture()).file(), 999, 1);

    assertThatThrownBy(() -> read(extended))
        .isInstanceOf(SignatureException.class)
        .hasMessageContaining("section type")
        .hasMessageContaining("found 999");
  }

  @Test
  void aNewerFormatIsRefusedByName() {
    byte[] file = SignatureCodec.encode(fixture()).file();
    file[8] = 2;

    assertThatThrownBy(() -> read(file))
        .isInstanceOf(SignatureException.class)
        .hasMessage("hostile.plsig: format version at offset 8: expected 1 to 1, found 2");
  }

  @Test
  void aMissingMandatorySectionIsRefused() {
    assertThatThrownBy(
            () -> read(SectionFile.write(Map.of(SectionType.BUILD, new byte[] {0, 0, 0}))))
        .isInstanceOf(SignatureException.class)
        .hasMessageContaining("expected a section ROOTS, found none");
  }

  @Test
  void anInstructionOutsideTheTextIsNotWritten() {
    BitSet outside = new BitSet();
    outside.set(4);
    EnrolledSignature good = fixture();
    GoldenCode code = new GoldenCode(new byte[4], outside, FieldTable.NONE, Map.of());

    assertThatThrownBy(
            () ->
                SignatureCodec.encode(
                    new EnrolledSignature(
                        good.id(),
                        good.name(),
                        good.mode(),
                        good.base(),
                        good.roots(),
                        code,
                        good.tables(),
                        good.functionDigests(),
                        good.symbols(),
                        good.disagreements(),
                        good.images())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("starts inside the text");
  }

  private static List<SectionType> ofEnrolled() {
    return Arrays.stream(SectionType.values())
        .filter(type -> type.mayBeIn(SectionType.Kind.ENROLLED))
        .toList();
  }

  private static EnrolledSignature read(byte[] file) throws SignatureException {
    return (EnrolledSignature)
        SignatureCodec.decode("hostile.plsig", SignatureCodec.idOf(file), file);
  }

  private static byte[] withSection(byte[] file, int type, int mandatory) {
    ByteBuffer extended =
        ByteBuffer.allocate(file.length + 12 + 3).order(ByteOrder.LITTLE_ENDIAN).put(file);
    extended.putShort((short) type).put((byte) mandatory).put((byte) 77).putInt(5).putInt(3);
    extended.put(new byte[] {1, 2, 3});
    extended.putShort(10, (short) (extended.getShort(10) + 1));
    return extended.array();
  }

  /** What the fixture of format version 1 says. */
  static EnrolledSignature fixture() {
    byte[] text = {0x55, (byte) 0x90, (byte) 0xe8, 1, 2, 3, 4, (byte) 0xc3, 0, 0, 0, 0};
    BitSet starts = new BitSet();
    for (int start : new int[] {0, 1, 2, 7}) {
      starts.set(start);
    }
    FieldTable fields = new FieldTable(new int[] {3}, new FieldRule[] {FieldRule.INVERSE_32});
    GoldenInstruction lock = new GoldenInstruction(1, new byte[] {0x3e}, List.of());
    GoldenInstruction move =
        new GoldenInstruction(
            2,
            new byte[] {(byte) 0xb8, 0, 0, 0, (byte) 0x81},
            List.of(new GoldenInstruction.Field(1, FieldRule.ABSOLUTE_32)));
    return new EnrolledSignature(
        SignatureCodec.DRAFT,
        new BuildName("Linux", "6.1.0-50-cloud-amd64", "6.1.176-1"),
        CodeMode.LONG_64,
        0xffffffff81000000L,
        new EnrolledRoots(
            Map.of(0, new TreeSet<>(List.of(0, 7)), 14, new TreeSet<>(List.of(-16))),
            Map.of("LSTAR", new TreeSet<>(List.of(2)))),
        new GoldenCode(text, starts, fields, Map.of(1, List.of(lock), 2, List.of(move))),
        List.of(new PointerTable(0x1000, new int[] {0, PointerTable.UNCHECKED, 7})),
        new long[] {-5, 0, 77},
        new SymbolTable(new int[] {-16, 0, 2}, List.of("before", "_stext", "entry")),
        List.of(new DecoderDisagreement(2, "e801020304", 5, 0)),
        3);
  }

  private static void assertSame(EnrolledSignature read, EnrolledSignature written, String which) {
    assertThat(read).as(which).usingRecursiveComparison().ignoringFields("id").isEqualTo(written);
  }
}
