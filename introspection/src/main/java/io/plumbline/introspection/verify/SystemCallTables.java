package io.plumbline.introspection.verify;

import java.util.Set;

/**
 * The names of tables of system calls' handlers (kernel {@code arch/x86/entry/syscall_64.c}, {@code
 * syscall_32.c}). Where system calls are dispatched by branches they remain for tracers to read.
 */
public final class SystemCallTables {
  private static final Set<String> NAMES =
      Set.of("sys_call_table", "ia32_sys_call_table", "x32_sys_call_table");

  private SystemCallTables() {}

  /** Whether a table of that name leads to system calls' handlers. */
  public static boolean isOne(String symbol) {
    return NAMES.contains(symbol);
  }
}
