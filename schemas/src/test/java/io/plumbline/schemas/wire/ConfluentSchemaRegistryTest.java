package io.plumbline.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConfluentSchemaRegistryTest {
  private static final String SUBJECT = Contract.TRUST.topic().subject();

  private RegistryStandIn server;
  private ConfluentSchemaRegistry registry;

  @BeforeEach
  void start() throws Exception {
    server = new RegistryStandIn();
    registry = new ConfluentSchemaRegistry(server.uri(), Duration.ofSeconds(20));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aSchemaIsRegisteredOnceAndFoundByItsNumber() throws Exception {
    int id = registry.idOf(SUBJECT, Contract.TRUST.schema());
    assertThat(registry.idOf(SUBJECT, Contract.TRUST.schema())).isEqualTo(id);
    assertThat(server.requests())
        .containsExactly(
            "GET /config/" + SUBJECT,
            "PUT /config/" + SUBJECT,
            "POST /subjects/" + SUBJECT + "/versions");

    ConfluentSchemaRegistry other =
        new ConfluentSchemaRegistry(server.uri(), Duration.ofSeconds(20));
    assertThat(other.byId(id)).isEqualTo(Contract.TRUST.schema());
    assertThat(other.byId(id)).isEqualTo(Contract.TRUST.schema());
    assertThat(server.requests()).hasSize(4).last().isEqualTo("GET /schemas/ids/" + id);
  }

  @Test
  void aSubjectIsFullyCompatibleBeforeItsFirstSchema() throws Exception {
    registry.idOf(SUBJECT, Contract.TRUST.schema());
    assertThat(server.level(SUBJECT)).isEqualTo("{\"compatibility\":\"FULL\"}");
  }

  @Test
  void aLevelThatSomebodySetStays() throws Exception {
    server.set(SUBJECT, "{\"compatibilityLevel\":\"BACKWARD_TRANSITIVE\"}");
    registry.idOf(SUBJECT, Contract.TRUST.schema());
    assertThat(server.level(SUBJECT)).contains("BACKWARD_TRANSITIVE");
    assertThat(server.requests()).noneMatch(request -> request.startsWith("PUT"));
  }

  @Test
  void everyContractRegisters() throws Exception {
    for (Contract<?> contract : Contract.all()) {
      int id = registry.idOf(contract.topic().subject(), contract.schema());
      assertThat(registry.byId(id)).isEqualTo(contract.schema());
    }
  }

  @Test
  void aNumberThatNoSchemaHasIsTheRecordsFault() {
    assertThatThrownBy(() -> registry.byId(4711))
        .isInstanceOf(UnknownSchemaException.class)
        .hasMessageContainingAll("/schemas/ids/4711", "Schema not found");
  }

  @Test
  void aRefusalNamesTheSubjectAndTheReason() {
    server.feel(RegistryStandIn.Mood.REFUSING);
    assertThatThrownBy(() -> registry.idOf(SUBJECT, Contract.TRUST.schema()))
        .isExactlyInstanceOf(SchemaRegistryException.class)
        .hasMessageContainingAll(SUBJECT, "found 409", "incompatible");
  }

  @Test
  void anAnswerThatIsNoJsonIsQuotedOnOneLine() {
    server.feel(RegistryStandIn.Mood.BABBLING);
    assertThatThrownBy(() -> registry.byId(100))
        .isExactlyInstanceOf(SchemaRegistryException.class)
        .hasMessageEndingWith("expected JSON, found <html> no registry here</html>");
  }

  @Test
  void aSchemaOfAnotherLanguageIsTheRecordsFault() {
    server.feel(RegistryStandIn.Mood.SPEAKING_ANOTHER_LANGUAGE);
    assertThatThrownBy(() -> registry.byId(100))
        .isInstanceOf(UnknownSchemaException.class)
        .hasMessageContainingAll("expected an Avro schema, found", "object");
  }

  @Test
  void anAnswerWithoutASchemaIsTheRegistrysFault() {
    server.feel(RegistryStandIn.Mood.WITHOUT_AN_ANSWER);
    assertThatThrownBy(() -> registry.byId(100))
        .isExactlyInstanceOf(SchemaRegistryException.class)
        .hasMessageContaining("expected an Avro schema, found");
  }

  @Test
  void anAnswerWithoutEndIsGivenUpBeforeItFillsTheMemory() {
    server.feel(RegistryStandIn.Mood.ENDLESS);
    assertThatThrownBy(() -> registry.byId(100))
        .isExactlyInstanceOf(SchemaRegistryException.class)
        .hasMessageContaining("expected an answer of at most 4194304 bytes, found more");
  }

  @Test
  void aNumberBelowZeroIsNotAskedFor() {
    assertThatThrownBy(() -> registry.byId(-1)).isInstanceOf(UnknownSchemaException.class);
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void aPasswordInTheAddressAppearsInNoMessage() {
    ConfluentSchemaRegistry secret =
        new ConfluentSchemaRegistry(
            URI.create(server.uri().toString().replace("//", "//me:secret@")),
            Duration.ofSeconds(20));
    assertThatThrownBy(() -> secret.byId(4711))
        .hasMessageContaining("GET " + server.uri())
        .hasMessageNotContaining("secret");
  }

  @Test
  void aServerThatNeverAnswersIsGivenUp() {
    server.feel(RegistryStandIn.Mood.SILENT);
    assertGivenUp();
  }

  @Test
  void aServerThatStopsInTheMiddleOfItsAnswerIsGivenUp() {
    server.feel(RegistryStandIn.Mood.SILENT_AFTER_THE_FIRST_LINE);
    assertGivenUp();
  }

  @Test
  void aMissingServerIsNamed() {
    server.close();
    assertThatThrownBy(() -> registry.byId(100))
        .isExactlyInstanceOf(SchemaRegistryException.class)
        .hasMessageContainingAll(server.uri() + "schemas/ids/100", "unreachable: ")
        .hasMessageNotContaining("Exception");
  }

  private void assertGivenUp() {
    ConfluentSchemaRegistry hasty =
        new ConfluentSchemaRegistry(server.uri(), Duration.ofMillis(300));
    assertThatThrownBy(() -> hasty.byId(100))
        .isExactlyInstanceOf(SchemaRegistryException.class)
        .hasMessageContaining("/schemas/ids/100");
  }
}
