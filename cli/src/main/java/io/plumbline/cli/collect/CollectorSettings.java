package io.plumbline.cli.collect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.plumbline.flinkjobs.config.BootstrapServers;
import io.plumbline.flinkjobs.config.TextFile;
import io.plumbline.flinkjobs.wire.RegistryAddress;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.PagesMode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a collector's configuration: one JSON object.
 *
 * <pre>{@code
 * {"brokers": "kafka:9092", "host": "host-1",
 *  "registry": "http://registry:8081",        built-in schema numbers if absent
 *  "interval": "PT30S", "patience": "PT30S",  the defaults
 *  "keptBytes": 268435456,                    the default
 *  "vms": [{"id": "vm-1", "image": "vm-1.save",
 *           "registers": "vm-1.json",         for images without registers
 *           "pages": "kernel"}]}              the default; or "full"
 * }</pre>
 *
 * Relative paths start at the configuration's own folder. Everything that is wrong is told at once.
 */
public final class CollectorSettings {

  /** A setting that is there twice, or text behind the object, is a mistake of whoever wrote it. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final Set<String> KEYS =
      Set.of("brokers", "registry", "host", "interval", "patience", "keptBytes", "vms");
  private static final Set<String> VM_KEYS = Set.of("id", "image", "registers", "pages");
  private static final String DEFAULT_DURATION = "PT30S";
  private static final long DEFAULT_KEPT_BYTES = 256L << 20;
  private static final Duration LONGEST = Duration.ofDays(1);

  private final Path folder;
  private final List<String> rejections = new ArrayList<>();

  private CollectorSettings(Path folder) {
    this.folder = folder;
  }

  /**
   * The configuration in {@code file}.
   *
   * @throws IOException if the file cannot be read
   * @throws CollectorSettingsException naming every setting that is unknown, missing or wrong
   */
  public static CollectorConfiguration read(Path file)
      throws IOException, CollectorSettingsException {
    JsonNode root;
    try {
      root = JSON.readTree(TextFile.read(file));
    } catch (JsonProcessingException e) {
      throw new CollectorSettingsException(
          file, List.of("expected JSON, found a mistake at " + place(e)));
    }
    Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file);
    CollectorSettings settings = new CollectorSettings(folder);
    CollectorConfiguration configuration = settings.configuration(root);
    if (!settings.rejections.isEmpty()) {
      throw new CollectorSettingsException(file, settings.rejections);
    }
    return configuration;
  }

  private static String place(JsonProcessingException e) {
    return e.getLocation() == null // as when it is nested too deeply
        ? "no one place: " + e.getOriginalMessage()
        : "line " + e.getLocation().getLineNr() + " column " + e.getLocation().getColumnNr();
  }

  private CollectorConfiguration configuration(JsonNode root) {
    unknown("", root, KEYS);
    String brokers = text(root, "brokers", "");
    if (!BootstrapServers.isWellFormed(brokers)) {
      reject("brokers", BootstrapServers.FORM, root.path("brokers"));
    }
    return new CollectorConfiguration(
        brokers,
        registry(root.path("registry")),
        name("host", root.path("host")),
        duration(root, "interval"),
        duration(root, "patience"),
        keptBytes(root.path("keptBytes")),
        vms(root.path("vms")));
  }

  private List<CollectedVm> vms(JsonNode array) {
    if (!array.isArray() || array.isEmpty()) {
      reject("vms", "an array of at least one guest", array);
    }
    List<CollectedVm> vms = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    for (JsonNode each : array) {
      CollectedVm vm = vm("vms[" + vms.size() + "].", each);
      if (!ids.add(vm.id())) {
        rejections.add("vms[" + vms.size() + "].id: expected a new name, found '" + vm.id() + "'");
      }
      vms.add(vm);
    }
    return vms;
  }

  private CollectedVm vm(String where, JsonNode vm) {
    unknown(where, vm, VM_KEYS);
    Optional<Path> image = path(where + "image", vm.path("image"));
    if (image.isEmpty() && vm.path("image").isMissingNode()) {
      reject(where + "image", "a file", vm.path("image"));
    }
    return new CollectedVm(
        name(where + "id", vm.path("id")),
        image.orElse(folder),
        path(where + "registers", vm.path("registers")),
        pages(where + "pages", vm));
  }

  private PagesMode pages(String where, JsonNode vm) {
    String word = text(vm, "pages", "kernel");
    for (PagesMode mode : PagesMode.values()) {
      if (mode.name().toLowerCase(Locale.ROOT).equals(word)) {
        return mode;
      }
    }
    reject(where, "kernel or full", vm.path("pages"));
    return PagesMode.KERNEL;
  }

  private Optional<Path> path(String where, JsonNode node) {
    if (node.isMissingNode()) {
      return Optional.empty();
    }
    if (!node.isTextual() || node.textValue().isBlank() || node.textValue().indexOf('\0') >= 0) {
      reject(where, "a file", node);
      return Optional.empty();
    }
    return Optional.of(folder.resolve(node.textValue()));
  }

  /** The stream's own rule for names. */
  private String name(String where, JsonNode node) {
    String name = node.isTextual() ? node.textValue() : "";
    try {
      return new CapturedVm(name, name, 0).vmId();
    } catch (IllegalArgumentException e) {
      reject(where, "a name of 1 to " + CapturedVm.LONGEST_NAME + " bytes", node);
      return "";
    }
  }

  private Optional<URI> registry(JsonNode node) {
    if (node.isMissingNode()) {
      return Optional.empty();
    }
    Optional<URI> url = RegistryAddress.url(node.isTextual() ? node.textValue() : "");
    if (url.isEmpty()) {
      reject("registry", "an http or https URL", node);
    }
    return url;
  }

  private Duration duration(JsonNode root, String key) {
    try {
      Duration duration = Duration.parse(text(root, key, DEFAULT_DURATION));
      if (duration.toMillis() >= 100 && duration.compareTo(LONGEST) <= 0) {
        return duration;
      }
    } catch (DateTimeParseException | ArithmeticException e) {
      // Rejected below, like one out of range.
    }
    reject(key, "an ISO-8601 duration of 0.1 s to a day, such as PT30S", root.path(key));
    return LONGEST;
  }

  private long keptBytes(JsonNode node) {
    if (node.isMissingNode()) {
      return DEFAULT_KEPT_BYTES;
    }
    if (!node.canConvertToLong() || !node.isIntegralNumber() || node.longValue() < 0) {
      reject("keptBytes", "0 or more", node);
    }
    return node.longValue();
  }

  private static String text(JsonNode node, String key, String byDefault) {
    JsonNode value = node.path(key);
    return value.isMissingNode() ? byDefault : value.isTextual() ? value.textValue() : "";
  }

  private void unknown(String where, JsonNode node, Set<String> known) {
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!known.contains(key)) {
                rejections.add(where + key + ": no such setting");
              }
            });
  }

  private void reject(String where, String expected, JsonNode found) {
    String shown = found.isMissingNode() ? "nothing" : found.toString();
    rejections.add(where + ": expected " + expected + ", found " + shown);
  }
}
