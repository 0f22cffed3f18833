package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * One thing that is not as it should be, with its evidence.
 *
 * @param vcpu 0-based vCPU on which it was seen first
 * @param address where it is: of the changed code or table entry, or of a root's actual target
 * @param symbol the best name for the place
 * @param owner {@code kernel}, {@code module NAME} or {@code unknown}
 * @param expected what a good guest holds there
 * @param actual what this guest holds there
 * @param path from the hardware root to the place, the root first
 * @param frame the guest frame the place was read from; empty for registers
 * @param uid stable id: the same thing at the same place of the same VM has the same id in every
 *     round and every replay
 */
public record Finding(
    FindingType type,
    Severity severity,
    int vcpu,
    GuestVirtualAddress address,
    String symbol,
    String owner,
    String expected,
    String actual,
    List<String> path,
    Optional<FrameNumber> frame,
    String uid) {

  private static final int UID_BYTES = 16;

  public Finding {
    path = List.copyOf(path);
  }

  /**
   * The deterministic id of a finding. What was found there is not part of it: an attacker who
   * rewrites the same place again updates the alert and does not open another.
   *
   * @param place what tells this place from all others of the VM and survives a move of the
   *     kernel's base, such as {@code IDT[14]} or an offset from the kernel's base
   */
  public static String uid(String vmId, FindingType type, String place) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      String key = String.join("\0", vmId, type.wireName(), place);
      byte[] digest = sha256.digest(key.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, UID_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
