package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.flinkjobs.wire.ObservationReader;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.signaturestore.extract.kernel.KernelFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** The recorded guests of {@code samples} as the job sees them, and their kernels' packages. */
final class RecordedGuests {
  private static final Path SAMPLES = samples();
  private static final Map<String, Optional<KernelSignature>> PACKAGED = new ConcurrentHashMap<>();

  private RecordedGuests() {}

  static List<String> releases() {
    return List.of("5.10.0-32-cloud-amd64", "6.1.0-50-cloud-amd64", "6.12.117+deb13-cloud-amd64");
  }

  /** Everything that was recorded of the guest, in order. */
  static List<VmObservation> observations(String release) throws Exception {
    EmbeddedSchemaRegistry registry = new EmbeddedSchemaRegistry();
    Schema schema = Contract.OBSERVATION.schema();
    int id = registry.idOf(Contract.OBSERVATION.topic().subject(), schema);
    ObservationReader reader = new ObservationReader(registry);
    List<VmObservation> observations = new ArrayList<>();
    Path file = SAMPLES.resolve("recordings/" + release + ".avro");
    try (DataFileReader<GenericRecord> records =
        new DataFileReader<>(file.toFile(), new GenericDatumReader<>(null, schema))) {
      for (GenericRecord each : records) {
        byte[] key = each.get("vmId").toString().getBytes(StandardCharsets.UTF_8);
        Origin origin = new Origin("recording", 0, observations.size(), -1);
        observations.add(reader.read(origin, key, framed(id, schema, each)).observation());
      }
    }
    return observations;
  }

  /** As the topic has it: a zero byte, the schema's number, the record. */
  private static byte[] framed(int id, Schema schema, GenericRecord value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<>(schema).write(value, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  /**
   * The signature of the kernel's package: of the file in {@code samples}, or of one that {@code
   * PLUMBLINE_KERNELS} names.
   */
  static Optional<KernelSignature> packaged(String release) {
    return PACKAGED.computeIfAbsent(release, RecordedGuests::read);
  }

  private static Optional<KernelSignature> read(String release) {
    SignatureId id = new SignatureId("sha256:" + "0".repeat(64));
    for (Path file : kernels(release)) {
      try {
        return Optional.of(KernelFile.signature(file, id, ExplorationBudget.STANDARD));
      } catch (Exception e) {
        throw new IllegalStateException(file + ": expected the kernel of " + release, e);
      }
    }
    return Optional.empty();
  }

  private static List<Path> kernels(String release) {
    Path sample = SAMPLES.resolve("kernels/" + release + "/vmlinux.xz");
    if (Files.exists(sample)) {
      return List.of(sample);
    }
    String named = System.getenv().getOrDefault("PLUMBLINE_KERNELS", "");
    return Arrays.stream(named.split(":", -1))
        .filter(name -> !name.isEmpty())
        .map(Path::of)
        .flatMap(path -> Files.isDirectory(path) ? inFolder(path) : Stream.of(path))
        .filter(path -> path.toString().contains(release))
        .filter(path -> path.getFileName().toString().matches("vmlinu.*|linux-image-.*\\.deb"))
        .sorted()
        .toList();
  }

  private static Stream<Path> inFolder(Path folder) {
    try (Stream<Path> files = Files.walk(folder, 2)) {
      return files.filter(Files::isRegularFile).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path samples() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve("samples/recordings"))) {
        return at.resolve("samples");
      }
    }
    throw new IllegalStateException("expected the folder samples/recordings above the test's");
  }
}
