package io.plumbline.cli.verdict;

import io.plumbline.introspection.trust.Verdict;
import java.time.Duration;
import java.util.List;

/**
 * A verdict and the image it is about.
 *
 * @param vm the guest's name
 * @param format of the image, as people write it
 * @param memoryBytes what the image claims to hold
 * @param missing what the image lacks, one sentence each
 * @param read how long opening the image took
 */
public record Judged(
    String vm,
    String format,
    long memoryBytes,
    int cpus,
    List<String> missing,
    Duration read,
    Verdict verdict) {
  public Judged {
    missing = List.copyOf(missing);
  }
}
