package io.plumbline.introspection.monitor;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Monitor;
import io.plumbline.introspection.trust.Observation;
import io.plumbline.introspection.trust.Observations;
import io.plumbline.introspection.trust.TrustedKernel;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The program that the kernel runs, with all rights, to load a module ({@code kernel/kmod.c},
 * {@code modprobe_path}): whoever can write a few bytes of kernel data has it run his own.
 */
public final class ProgramPathMonitor implements Monitor {
  private static final String VARIABLE = "modprobe_path";

  /** {@code KMOD_PATH_LEN}. */
  private static final int BYTES = 256;

  private static final Set<String> USUAL = Set.of("", "/sbin/modprobe", "/usr/sbin/modprobe");

  @Override
  public String watches() {
    return "the program that loads modules";
  }

  @Override
  public void observe(TrustedKernel kernel, Observations observations) {
    OptionalLong variable = kernel.addressOf(VARIABLE);
    if (variable.isEmpty()) {
      return; // a build that has none
    }
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < BYTES; i++) {
      OptionalInt letter = kernel.byteAt(variable.getAsLong() + i);
      if (letter.isEmpty()) {
        observations.notSeen(VARIABLE);
        return;
      }
      if (letter.getAsInt() == 0) {
        break;
      }
      path.append((char) letter.getAsInt());
    }
    if (!USUAL.contains(path.toString())) {
      observations.add(
          Observation.of(
                  FindingType.UNEXPECTED_CONTROL_FLOW_TARGET,
                  0,
                  new GuestVirtualAddress(variable.getAsLong()),
                  VARIABLE)
              .butFound("/sbin/modprobe", path.toString())
              .at(VARIABLE));
    }
  }
}
