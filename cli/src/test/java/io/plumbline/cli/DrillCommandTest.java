package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.cli.CommandBench.Outcome;
import io.plumbline.cli.stage.ToyKernel;
import io.plumbline.introspection.drill.Techniques;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code drill} on tiny guests: what it prints and how it ends. */
class DrillCommandTest {
  private static final SignatureId DRAFT = new SignatureId("sha256:" + "0".repeat(64));

  @TempDir private Path folder;
  private CommandBench bench;
  private ToyImage clean;

  @BeforeEach
  void prepare() throws Exception {
    bench = new CommandBench(folder);
    SyntheticImage kernel = SyntheticImage.classic();
    new SignatureStore(bench.store()).add(new PackageSignature(DRAFT, kernel.image(), new long[0]));
    clean = write(kernel, "clean");
  }

  private ToyImage write(SyntheticImage kernel, String name) throws Exception {
    return ToyImage.write(kernel.guest(SyntheticGuest.longMode()), folder, name);
  }

  private Outcome drill(ToyImage image, String... options) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "drill", image.image().toString(), "--registers", image.registers().toString()));
    line.addAll(List.of(options));
    return bench.run(line.toArray(String[]::new));
  }

  @Test
  void techniquesThatAreFoundEndWith0() throws Exception {
    Outcome outcome =
        drill(clean, "--technique", "lstar", "--technique", "retpoline-thunk", "-o", "json");

    assertThat(outcome.exit()).as(outcome.err()).isZero();
    assertThat(outcome.err()).isEmpty();
    JsonNode drilled = new ObjectMapper().readTree(outcome.out());
    assertThat(drilled.at("/vm").asText()).isEqualTo("clean.lime");
    assertThat(drilled.at("/baseline/trust").asText()).isEqualTo("trusted");
    assertThat(drilled.at("/summary/found").asInt()).isEqualTo(2);
    assertThat(drilled.at("/summary/missed").asInt()).isZero();
    JsonNode first = drilled.at("/techniques/0");
    assertThat(first.at("/technique").asText()).isEqualTo("lstar");
    assertThat(first.at("/identity").asText()).isEqualTo("exact");
    assertThat(first.at("/build").asText()).isEqualTo("synthetic");
    assertThat(first.at("/expected/0/symbol").asText()).isEqualTo("LSTAR");
    assertThat(first.at("/expected/0/vcpu").asInt()).isZero();
    assertThat(first.at("/found/0/type").asText()).isEqualTo("unexpected_system_call_handler");
    assertThat(first.at("/missed")).isEmpty();
    assertThat(first.at("/extra")).isEmpty();
  }

  @Test
  void whatTheGuestDoesNotAllowIsNoFailure() throws Exception {
    Outcome outcome = drill(clean, "--technique", "system-call-table", "-o", "json");

    assertThat(outcome.exit()).isZero();
    JsonNode drilled = new ObjectMapper().readTree(outcome.out());
    assertThat(drilled.at("/summary/notApplicable").asInt()).isEqualTo(1);
    assertThat(drilled.at("/techniques/0/whyNot").asText())
        .isEqualTo("this kernel has no symbol sys_call_table");
  }

  @Test
  void withoutATechniqueAllAreTriedOneALine() {
    Outcome outcome = drill(clean, "-o", "jsonl");

    assertThat(outcome.out().lines()).hasSize(Techniques.all().size());
    assertThat(outcome.out().lines())
        .allSatisfy(line -> assertThat(line).startsWith("{\"vm\":\"clean.lime\",\"technique\""));
  }

  @Test
  void aTableIsForPeopleAndMarkdownForDocuments() {
    Outcome table = drill(clean, "--technique", "lstar", "-o", "table");
    assertThat(table.out())
        .contains("clean.lime: synthetic, trusted before")
        .containsPattern("lstar +found +unexpected_system_call_handler LSTAR; dynamic_code 0x")
        .contains("1 techniques found, 0 missed");

    Outcome markdown = drill(clean, "--technique", "lstar", "--markdown");
    assertThat(markdown.exit()).isZero();
    assertThat(markdown.out())
        .contains("| technique | how it is made | result | reported |")
        .containsPattern("\\| lstar \\| .* \\| found \\| unexpected_system_call_handler LSTAR<br>");
  }

  @Test
  void aGuestThatIsViolatedAlreadyEndsWith1AndSaysSo() throws Exception {
    ToyImage changed = write(SyntheticImage.classic().withText("function_a", 1, 0x90), "changed");
    Outcome outcome = drill(changed);

    assertThat(outcome.exit()).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.complaints()).hasSize(1);
    assertThat(outcome.err()).contains("changed.lime", "function_a+0x1");
  }

  @Test
  void aBuildThatIsKnownFromGuestsAloneEndsWith3() throws Exception {
    CommandBench enrolled = new CommandBench(folder.resolve("enrolled"));
    new SignatureStore(enrolled.store()).add(ToyKernel.signature());
    ToyImage toy = ToyImage.write(ToyKernel.clean(), folder, "toy");
    Outcome outcome =
        enrolled.run("drill", toy.image().toString(), "--registers", toy.registers().toString());

    assertThat(outcome.exit()).isEqualTo(3);
    assertThat(outcome.err()).contains("toy.lime", "known from its package");
  }

  @Test
  void whatCannotBeReadEndsWith4AndDoesNotStopTheOthers() throws Exception {
    Path text = Files.writeString(folder.resolve("notes.txt"), "no guest in here");
    Outcome outcome = bench.run("drill", text.toString(), folder.resolve("nowhere").toString());

    assertThat(outcome.exit()).isEqualTo(4);
    assertThat(outcome.complaints()).hasSize(2);
    assertThat(outcome.err()).contains("notes.txt", "nowhere");
  }

  @Test
  void aTechniqueThatThereIsNotEndsWith2() {
    Outcome outcome = drill(clean, "--technique", "magic");

    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains("found magic", "idt-gate");
  }

  @Test
  void registersAreOfOneImage() {
    Outcome outcome = drill(clean, folder.resolve("other").toString());

    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains("--registers", "found 2");
  }
}
