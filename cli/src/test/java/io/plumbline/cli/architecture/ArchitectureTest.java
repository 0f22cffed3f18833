package io.plumbline.cli.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Who may depend on whom: the main code of all modules, no exceptions. */
@AnalyzeClasses(
    packages = "io.plumbline",
    importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.WithoutTestJars.class})
class ArchitectureTest {
  /** A module whose tests serve others has them in a jar of their own. */
  static final class WithoutTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  private static final String OURS = "io.plumbline..";
  private static final String SCHEMAS = "io.plumbline.schemas..";
  private static final String INTROSPECTION = "io.plumbline.introspection..";
  private static final String SIGNATURE_STORE = "io.plumbline.signaturestore..";
  private static final String INGEST = "io.plumbline.ingest..";
  private static final String FLINK_JOBS = "io.plumbline.flinkjobs..";
  private static final String CLI = "io.plumbline.cli..";

  private static final Pattern OPERATING_SYSTEM =
      Pattern.compile("\\b(linux|windows|freebsd)\\b", Pattern.CASE_INSENSITIVE);
  private static final Pattern HYPERVISOR =
      Pattern.compile(
          "\\b(qemu|kvm|xen|libvirt|hyper-?v|vmware|virtualbox|firecracker)\\b",
          Pattern.CASE_INSENSITIVE);

  @ArchTest static final ArchRule schemasKnowNothingOfOurs = mayUseOfOurs(SCHEMAS);

  @ArchTest static final ArchRule introspectionKnowsNothingOfOurs = mayUseOfOurs(INTROSPECTION);

  @ArchTest
  static final ArchRule theSignatureStoreKnowsTheCoreAndTheContracts =
      mayUseOfOurs(SIGNATURE_STORE, INTROSPECTION, SCHEMAS);

  @ArchTest
  static final ArchRule ingestKnowsTheCoreAndTheContracts =
      mayUseOfOurs(INGEST, INTROSPECTION, SCHEMAS);

  @ArchTest
  static final ArchRule theFlinkJobsKnowTheStoreTheCoreAndTheContracts =
      mayUseOfOurs(FLINK_JOBS, SIGNATURE_STORE, INTROSPECTION, SCHEMAS);

  @ArchTest
  static final ArchRule theCoreIsPure =
      classes()
          .that()
          .resideInAPackage(INTROSPECTION)
          .should()
          .onlyDependOnClassesThat(resideInAnyPackage(INTROSPECTION, "java..", "jnr.."));

  @ArchTest
  static final ArchRule theCoreOpensNoFilesAndNoSockets =
      noClasses()
          .that()
          .resideInAPackage(INTROSPECTION)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("java.nio.file..", "java.nio.channels..", "java.net..")
                  .or(describe("java.io.File", type -> type.getName().equals("java.io.File"))));

  @ArchTest
  static final ArchRule generatedAvroClassesStayOnTheWire =
      noClasses()
          .that()
          .resideInAPackage(OURS)
          .and()
          .resideOutsideOfPackages("io.plumbline.schemas", "..wire..", "..publish..")
          .should()
          .dependOnClassesThat(
              describe(
                  "generated Avro classes",
                  type -> type.getPackageName().equals("io.plumbline.schemas")));

  @ArchTest
  static final ArchRule flinkStateStaysInStateAndOperator =
      noClasses()
          .that()
          .resideInAPackage(OURS)
          .and()
          .resideOutsideOfPackages("..state..", "..operator..")
          .should()
          .dependOnClassesThat(resideInAPackage("org.apache.flink.api.common.state.."));

  @ArchTest
  static final ArchRule connectorsStayInTheJobAndOnTheWire =
      noClasses()
          .that()
          .resideInAPackage(OURS)
          .and()
          .resideOutsideOfPackages("..job..", "..wire..")
          .should()
          .dependOnClassesThat(resideInAPackage("org.apache.flink.connector.."));

  @ArchTest
  static final ArchRule kafkasServerIsTouchedByOneClass =
      noClasses()
          .that()
          .resideInAPackage(OURS)
          .and()
          .doNotHaveFullyQualifiedName("io.plumbline.cli.embedded.EmbeddedKafka")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "kafka..",
                  "org.apache.kafka.server..",
                  "org.apache.kafka.metadata..",
                  "org.apache.kafka.raft.."));

  @ArchTest
  static final ArchRule flinksMiniClusterStaysInTheEmbeddedRoom =
      noClasses()
          .that()
          .resideInAPackage(OURS)
          .and()
          .resideOutsideOfPackage("io.plumbline.cli.embedded..")
          .should()
          .dependOnClassesThat(resideInAPackage("org.apache.flink.runtime.minicluster.."));

  @ArchTest
  static final ArchRule mainCodeUsesNoTestingPackage =
      noClasses()
          .that()
          .resideInAPackage(OURS)
          .and()
          .resideOutsideOfPackage("..testing..")
          .should()
          .dependOnClassesThat(resideInAPackage("io.plumbline..testing.."));

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.plumbline.(**)").should().beFreeOfCycles();

  @ArchTest
  static void everyModuleIsLookedAt(JavaClasses all) {
    for (String module :
        List.of(SCHEMAS, INTROSPECTION, SIGNATURE_STORE, INGEST, FLINK_JOBS, CLI)) {
      assertThat(all.stream().filter(resideInAPackage(module)))
          .as("classes of %s: a rule about none says nothing", module)
          .isNotEmpty();
    }
  }

  /** Generated schemas carry their documentation as a string, which may give examples. */
  @ArchTest
  static void onlyExtractionAndVerificationNameAnOperatingSystem(JavaClasses all)
      throws IOException {
    Predicate<JavaClass> mayName =
        resideInAnyPackage(
            "io.plumbline.signaturestore.extract..", "io.plumbline.introspection.verify..");
    assertThat(naming(OPERATING_SYSTEM, all, mayName)).isEmpty();
  }

  @ArchTest
  static void onlyIngestGuestNamesAHypervisor(JavaClasses all) throws IOException {
    assertThat(naming(HYPERVISOR, all, resideInAPackage("io.plumbline.ingest.guest.."))).isEmpty();
  }

  private static ArchRule mayUseOfOurs(String module, String... others) {
    List<String> allowed = new ArrayList<>(List.of(others));
    allowed.add(module);
    return noClasses()
        .that()
        .resideInAPackage(module)
        .should()
        .dependOnClassesThat(
            resideInAPackage(OURS)
                .and(describe("are not of " + allowed, type -> !in(type, allowed))));
  }

  private static boolean in(JavaClass type, List<String> packages) {
    return resideInAnyPackage(packages.toArray(String[]::new)).test(type);
  }

  private static List<String> naming(Pattern word, JavaClasses all, Predicate<JavaClass> mayName)
      throws IOException {
    List<String> found = new ArrayList<>();
    for (JavaClass type : all) {
      boolean generated = type.getPackageName().equals("io.plumbline.schemas");
      if (generated || mayName.test(type)) {
        continue;
      }
      try (InputStream bytes = type.getSource().orElseThrow().getUri().toURL().openStream()) {
        for (String text : Strings.of(bytes)) {
          if (word.matcher(text).find()) {
            found.add(type.getName() + ": \"" + text + "\"");
          }
        }
      }
    }
    return found;
  }
}
