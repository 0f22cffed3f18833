package io.plumbline.ingest.capture;

import java.nio.charset.StandardCharsets;

/**
 * Whose observations these are.
 *
 * @param vmId name of the virtual machine, unique in the fleet
 * @param hostId name of the host whose collector speaks
 * @param collectorEpoch rises each time a collector takes the VM up anew, milliseconds since 1970
 */
public record CapturedVm(String vmId, String hostId, long collectorEpoch) {
  /** Most bytes of a name in UTF-8. */
  public static final int LONGEST_NAME = 255;

  public CapturedVm {
    checkName("VM id", vmId);
    checkName("host id", hostId);
    if (collectorEpoch < 0) {
      throw new IllegalArgumentException(
          "collector epoch: expected 0 or more, found " + collectorEpoch);
    }
  }

  private static void checkName(String what, String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (name.isBlank() || bytes > LONGEST_NAME) {
      throw new IllegalArgumentException(
          what + ": expected a name of 1 to 255 bytes, found " + bytes);
    }
    if (name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          what + ": expected printable characters, found control characters");
    }
  }
}
