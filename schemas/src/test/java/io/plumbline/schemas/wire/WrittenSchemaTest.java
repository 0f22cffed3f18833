package io.plumbline.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A schema may come from whoever wrote the file; reading by it must end. */
@Timeout(30)
class WrittenSchemaTest {
  @Test
  void everyContractIsReadable() {
    for (Contract<?> contract : Contract.all()) {
      assertThat(contract.reader(contract.schema())).isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'array','items':'null'}",
        "{'type':'map','values':{'type':'fixed','name':'Nothing','size':0}}",
        "{'type':'array','items':{'type':'record','name':'Empty','fields':[]}}",
        "{'type':'record','name':'List','fields':[{'name':'next','type':['null','List']}]}"
      })
  void aSchemaByWhichReadingNeverEndsIsRefused(String furtherField) {
    assertThatThrownBy(() -> Contract.TRUST.reader(withField(furtherField)))
        .isInstanceOf(AvroRuntimeException.class)
        .hasMessageContainingAll("expected", "found");
  }

  @Test
  void recordsOfTwiceTheRecordBeforeAreRefused() {
    StringBuilder doubling = new StringBuilder("{'type':'record','name':'R0','fields':[]}");
    for (int i = 1; i <= 30; i++) {
      doubling
          .insert(0, "{'type':'record','name':'R" + i + "','fields':[{'name':'a','type':")
          .append("},{'name':'b','type':'R" + (i - 1) + "'}]}");
    }
    assertThatThrownBy(() -> Contract.TRUST.reader(withField(doubling.toString())))
        .isInstanceOf(AvroRuntimeException.class)
        .hasMessageContainingAll("expected at most 2000 types", "found more");
  }

  @Test
  void aRecordInSuchASchemaIsRefusedAndNotTheRegistrysFault() {
    Schema hostile = withField("{'type':'array','items':'null'}");
    RecordCodec<?> codec = new RecordCodec<>(Contract.TRUST, knowing(hostile));
    assertThatThrownBy(() -> codec.decode(ConfluentFraming.frame(7, new byte[9])))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContainingAll("plumbline.trust: schema 7", "elements of at least one byte");
  }

  private static SchemaRegistry knowing(Schema schema) {
    return new SchemaRegistry() {
      @Override
      public int idOf(String subject, Schema asked) {
        return 7;
      }

      @Override
      public Schema byId(int id) {
        return schema;
      }
    };
  }

  /** The trust contract as a stranger's newer version with one more field. */
  private static Schema withField(String type) {
    String ours = Contract.TRUST.schema().toString();
    int fields = ours.indexOf("\"fields\":[") + "\"fields\":[".length();
    String further = "{'name':'further','type':" + type + "},";
    return new Schema.Parser()
        .parse(ours.substring(0, fields) + further.replace('\'', '"') + ours.substring(fields));
  }
}
