package io.plumbline.ingest.recording;

import java.util.Map;
import java.util.TreeMap;

/**
 * What a recording says of itself, in the container's metadata under {@code plumbline.}.
 *
 * @param vmId the virtual machine; every observation is about it
 * @param source what was recorded, such as "QEMU 7.2, -cpu EPYC, 2 vCPUs"
 * @param kernelPackage name and version of the package that ships the kernel; may be empty
 * @param toolVersion version of the recorder
 * @param notes anything else for people or tools, such as what happens in which round
 */
public record RecordingHeader(
    String vmId,
    String source,
    String kernelPackage,
    String toolVersion,
    Map<String, String> notes) {
  /** Version of the recording's format that this code writes. */
  public static final int FORMAT_VERSION = 1;

  static final String PREFIX = "plumbline.";
  static final String FORMAT = PREFIX + "format";
  static final String VM = PREFIX + "vm";
  static final String SOURCE = PREFIX + "source";
  static final String KERNEL_PACKAGE = PREFIX + "kernel-package";
  static final String TOOL_VERSION = PREFIX + "tool-version";
  static final String NOTE = PREFIX + "note.";

  /** Observations in the file, 16 hexadecimal digits; filled in when the recording is finished. */
  static final String OBSERVATIONS = PREFIX + "observations";

  /** SHA-256 of the whole file with this value as zeros, 64 hexadecimal digits. */
  static final String SHA256 = PREFIX + "sha256";

  public RecordingHeader {
    notes = Map.copyOf(notes);
  }

  Map<String, String> metadata() {
    Map<String, String> metadata = new TreeMap<>();
    metadata.put(FORMAT, Integer.toString(FORMAT_VERSION));
    metadata.put(VM, vmId);
    metadata.put(SOURCE, source);
    metadata.put(KERNEL_PACKAGE, kernelPackage);
    metadata.put(TOOL_VERSION, toolVersion);
    notes.forEach((name, value) -> metadata.put(NOTE + name, value));
    metadata.put(OBSERVATIONS, "0".repeat(16));
    metadata.put(SHA256, "0".repeat(64));
    return metadata;
  }

  static RecordingHeader of(Map<String, String> metadata) {
    Map<String, String> notes = new TreeMap<>();
    metadata.forEach(
        (name, value) -> {
          if (name.startsWith(NOTE)) {
            notes.put(name.substring(NOTE.length()), value);
          }
        });
    return new RecordingHeader(
        metadata.getOrDefault(VM, ""),
        metadata.getOrDefault(SOURCE, ""),
        metadata.getOrDefault(KERNEL_PACKAGE, ""),
        metadata.getOrDefault(TOOL_VERSION, ""),
        notes);
  }
}
