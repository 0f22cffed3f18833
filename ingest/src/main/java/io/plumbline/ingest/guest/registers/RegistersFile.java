package io.plumbline.ingest.guest.registers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.introspection.hardware.VcpuState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The registers of all vCPUs as JSON: {@code {"cpus":[{"cr0":…,"idtr":{"base":…,"limit":…},…}]}}.
 * Numbers are JSON numbers or strings ({@code "0xffffffff81000000"}, {@code "26"}); keys that are
 * not known are ignored; see {@link VcpuJson} for those that are.
 *
 * @param vcpus at least one
 * @param missing what the file leaves out that an image could tell
 * @param machineType the optional key {@code machine}, from which the memory layout follows
 */
public record RegistersFile(
    List<VcpuState> vcpus, List<String> missing, Optional<String> machineType) {
  private static final int LARGEST_FILE = 8 << 20;
  private static final int DEEPEST_NESTING = 32;
  private static final int MOST_VCPUS = 4096;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(DEEPEST_NESTING).build())
                  .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  public RegistersFile {
    vcpus = List.copyOf(vcpus);
    missing = List.copyOf(missing);
  }

  /**
   * Reads the file.
   *
   * @throws ImageException if it is not such JSON, names no vCPU, or a vCPU lacks what no analysis
   *     can do without
   */
  public static RegistersFile read(Path path) throws IOException {
    JsonNode root = parse(path);
    JsonNode cpus = root.path("cpus");
    if (!cpus.isArray() || cpus.isEmpty() || cpus.size() > MOST_VCPUS) {
      throw new ImageException(
          path
              + ": cpus: expected an array of 1 to "
              + MOST_VCPUS
              + " objects, found "
              + (cpus.isArray() ? cpus.size() + " elements" : cpus.getNodeType()));
    }
    List<VcpuState> vcpus = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (int i = 0; i < cpus.size(); i++) {
      vcpus.add(new VcpuJson(path, i, cpus.get(i), missing).read());
    }
    JsonNode machine = root.path("machine");
    return new RegistersFile(
        vcpus, missing, machine.isTextual() ? Optional.of(machine.textValue()) : Optional.empty());
  }

  private static JsonNode parse(Path path) throws IOException {
    try (ImageFile file = ImageFile.open(path)) {
      if (file.size() > LARGEST_FILE) {
        throw new ImageException(
            path + ": expected registers as JSON of at most 8 MiB, found " + file.size());
      }
      JsonNode root = JSON.readTree(file.head(LARGEST_FILE));
      if (root == null || !root.isObject()) {
        throw new ImageException(path + ": expected a JSON object with registers, found none");
      }
      return root;
    } catch (JsonProcessingException e) {
      throw new ImageException(
          path
              + ": expected registers as JSON, found "
              + ImageException.printable(e.getOriginalMessage()),
          e);
    }
  }
}
