package io.plumbline.cli.fleet;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What is measured.
 *
 * @param vms how many VMs; the recorded guests share them evenly
 * @param recordings recorded guests with answer keys beside them
 * @param signatures folder of signatures
 * @param warm how long rounds are offered, once every VM has been judged, before it is measured: a
 *     process that has just begun still compiles what it will run often
 * @param steady how long it is measured
 * @param interval from one round of a VM to its next
 * @param tampered of a thousand rounds of clean guests, so many are tampered with; the next round
 *     of such a guest is clean again
 * @param busy of a thousand VMs, so many are at work, as the recorded guests were for some rounds
 * @param parallelism of the analysis
 * @param seed of which VM is tampered with when
 */
public record FleetSettings(
    int vms,
    List<Path> recordings,
    Path signatures,
    Duration warm,
    Duration steady,
    Duration interval,
    int tampered,
    int busy,
    int parallelism,
    long seed) {
  public FleetSettings {
    recordings = List.copyOf(recordings);
  }
}
