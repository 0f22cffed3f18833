package io.plumbline.introspection.monitor;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Monitor;
import io.plumbline.introspection.trust.Observation;
import io.plumbline.introspection.trust.Observations;
import io.plumbline.introspection.trust.Severity;
import io.plumbline.introspection.trust.TrustedKernel;
import io.plumbline.introspection.trust.Way;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * System calls' handlers, entry by entry of their tables. Where a build dispatches system calls by
 * branches and no instruction names a table, an entry that was changed redirects nothing: it is
 * told as a lesser thing, because somebody wrote read-only data.
 */
public final class SyscallDispatchMonitor implements Monitor {
  /**
   * Each table, and the function that has taken its place where a build has one ({@code
   * arch/x86/entry/syscall_64.c}, {@code syscall_32.c}: Linux 6.9 and stable kernels that took the
   * change over keep a table for tracers to read).
   */
  private static final Map<String, String> TABLES =
      new TreeMap<>(
          Map.of(
              "sys_call_table", "x64_sys_call",
              "ia32_sys_call_table", "ia32_sys_call",
              "x32_sys_call_table", "x32_sys_call"));

  @Override
  public String watches() {
    return "system calls' dispatch";
  }

  @Override
  public void observe(TrustedKernel kernel, Observations observations) {
    for (String table : TABLES.keySet()) {
      OptionalLong address = kernel.addressOf(table);
      OptionalLong length = kernel.lengthOf(table);
      if (address.isPresent() && length.isPresent()) {
        observe(kernel, table, address.getAsLong(), length.getAsLong(), observations);
      }
    }
  }

  private static void observe(
      TrustedKernel kernel, String table, long start, long length, Observations observations) {
    for (long at = 0; at + Long.BYTES <= length; at += Long.BYTES) {
      OptionalLong expected = kernel.expectedWord(start + at);
      OptionalLong actual = kernel.word(start + at);
      // Pages of read-only data that cannot be read are told by whoever compares them.
      boolean changed =
          expected.isPresent() && actual.isPresent() && expected.getAsLong() != actual.getAsLong();
      if (changed) {
        observations.add(entry(kernel, table, start, at, expected.getAsLong(), actual.getAsLong()));
      }
    }
  }

  private static Observation entry(
      TrustedKernel kernel, String table, long start, long at, long expected, long actual) {
    String symbol = table + "[" + at / Long.BYTES + "]";
    Way way = kernel.wayToEntry(start, symbol);
    List<String> path = new ArrayList<>(way.path());
    path.add(kernel.place(actual));
    Observation entry =
        Observation.of(
                FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER,
                way.vcpu(),
                new GuestVirtualAddress(start + at),
                symbol)
            .ownedBy(kernel.ownerOf(actual).orElse("unknown"))
            .reachedBy(path)
            .at(symbol);
    if (isDispatchedBy(table, start, kernel)) {
      return entry.butFound(kernel.place(expected), kernel.place(actual));
    }
    String unused = ", unused: " + TABLES.get(table) + " dispatches by branches";
    return entry
        .butFound(kernel.place(expected) + unused, kernel.place(actual) + unused)
        .as(Severity.MEDIUM);
  }

  private static boolean isDispatchedBy(String table, long start, TrustedKernel kernel) {
    return kernel.addressOf(TABLES.get(table)).isEmpty() || kernel.isNamedByCode(start);
  }
}
