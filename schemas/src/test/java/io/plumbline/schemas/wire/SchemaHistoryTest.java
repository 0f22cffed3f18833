package io.plumbline.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaFormatter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What was ever released stays readable, and the last release reads what is written now. */
class SchemaHistoryTest {
  private static final int RECORDS_EACH = 200;

  static List<Contract<?>> contracts() {
    return Contract.all();
  }

  static List<ReleasedSchema> releases() {
    return ReleasedSchema.all();
  }

  @ParameterizedTest
  @MethodSource("contracts")
  void whatThisCodeWritesIsReleased(Contract<?> contract) {
    assertThat(lastRelease(contract).schema())
        .as(
            "the last release of %s; a changed contract is a new release: add the schema below as"
                + " the next history/vN/%s.avsc and a line to history/released, or take the change"
                + " back%n%s",
            contract.topic().subject(),
            contract.type().getSimpleName(),
            SchemaFormatter.format("json/pretty", contract.schema()))
        .isEqualTo(contract.schema());
  }

  @ParameterizedTest
  @MethodSource("releases")
  void newCodeReadsEveryReleasedSchema(ReleasedSchema released) throws Exception {
    Contract<?> contract = contractOf(released.subject());
    assertReadable(contract.schema(), released.schema());
    RecordCodec<?> codec = new RecordCodec<>(contract, new EmbeddedSchemaRegistry());
    for (long seed = 0; seed < RECORDS_EACH; seed++) {
      byte[] old = written(released.schema(), new RandomRecords(seed).of(released.schema()));
      SpecificRecord read = codec.decode(ConfluentFraming.frame(released.id(), old));
      assertThat(read.getSchema()).as("seed %d", seed).isEqualTo(contract.schema());
    }
  }

  @ParameterizedTest
  @MethodSource("contracts")
  void theLastReleaseReadsWhatNewCodeWrites(Contract<?> contract) throws Exception {
    Schema last = lastRelease(contract).schema();
    assertReadable(last, contract.schema());
    for (long seed = 0; seed < RECORDS_EACH; seed++) {
      Object value = new RandomRecords(seed).of(contract.schema());
      Object read = read(contract.schema(), last, written(contract.schema(), value));
      assertThat(GenericData.get().validate(last, read)).as("seed %d", seed).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("contracts")
  void whatIsEncodedDecodesToTheSame(Contract<?> contract) throws Exception {
    assertRoundTrip(contract);
  }

  @ParameterizedTest
  @MethodSource("contracts")
  void everyTypeAndFieldIsDocumented(Contract<?> contract) {
    assertThat(undocumented(contract.schema())).isEmpty();
  }

  @Test
  void numbersAreNeverGivenTwice() {
    assertThat(releases()).extracting(ReleasedSchema::id).doesNotHaveDuplicates();
  }

  @Test
  void aNewFieldWithoutDefaultWouldBeCaught() {
    Schema changed =
        new Schema.Parser()
            .parse(
                Contract.TRUST
                    .schema()
                    .toString()
                    .replace(
                        "\"fields\":[", "\"fields\":[{\"name\":\"tenant\",\"type\":\"string\"},"));
    assertThat(
            SchemaCompatibility.checkReaderWriterCompatibility(changed, Contract.TRUST.schema())
                .getType())
        .isEqualTo(SchemaCompatibilityType.INCOMPATIBLE);
  }

  private static <T extends SpecificRecord> void assertRoundTrip(Contract<T> contract)
      throws Exception {
    SchemaRegistry registry = new EmbeddedSchemaRegistry();
    RecordCodec<T> codec = new RecordCodec<>(contract, registry);
    int id = registry.idOf(contract.topic().subject(), contract.schema());
    for (long seed = 0; seed < RECORDS_EACH; seed++) {
      byte[] bytes =
          ConfluentFraming.frame(
              id, written(contract.schema(), new RandomRecords(seed).of(contract.schema())));
      T record = codec.decode(bytes);
      byte[] again = codec.encode(record);
      assertThat(again).as("seed %d", seed).isEqualTo(bytes);
      assertThat(codec.decode(again)).as("seed %d", seed).isEqualTo(record);
    }
  }

  private static void assertReadable(Schema reader, Schema writer) {
    SchemaCompatibility.SchemaCompatibilityResult result =
        SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getResult();
    assertThat(result.getCompatibility())
        .as("%s", result.getIncompatibilities())
        .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
  }

  private static Contract<?> contractOf(String subject) {
    return contracts().stream()
        .filter(contract -> contract.topic().subject().equals(subject))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no contract has subject " + subject));
  }

  private static ReleasedSchema lastRelease(Contract<?> contract) {
    return releases().stream()
        .filter(each -> each.subject().equals(contract.topic().subject()))
        .max(Comparator.comparingInt(ReleasedSchema::id))
        .orElseThrow(() -> new AssertionError("never released: " + contract.topic().subject()));
  }

  private static byte[] written(Schema schema, Object value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<>(schema).write(value, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  private static Object read(Schema writer, Schema reader, byte[] bytes) throws IOException {
    return new GenericDatumReader<>(writer, reader)
        .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
  }

  private static List<String> undocumented(Schema schema) {
    return switch (schema.getType()) {
      case RECORD ->
          Stream.concat(
                  missing(schema.getDoc(), schema.getFullName()),
                  schema.getFields().stream().flatMap(field -> undocumented(schema, field)))
              .toList();
      case ENUM, FIXED -> missing(schema.getDoc(), schema.getFullName()).toList();
      case UNION -> schema.getTypes().stream().flatMap(e -> undocumented(e).stream()).toList();
      case ARRAY -> undocumented(schema.getElementType());
      default -> List.of();
    };
  }

  private static Stream<String> undocumented(Schema record, Schema.Field field) {
    return Stream.concat(
        missing(field.doc(), record.getName() + "." + field.name()),
        undocumented(field.schema()).stream());
  }

  private static Stream<String> missing(String doc, String name) {
    return doc == null || doc.isBlank() ? Stream.of(name) : Stream.empty();
  }
}
