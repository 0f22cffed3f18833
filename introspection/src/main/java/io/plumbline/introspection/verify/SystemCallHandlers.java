package io.plumbline.introspection.verify;

import java.util.List;

/**
 * The names of functions that serve system calls. From Linux 6.9 on, and in stable kernels that
 * took the change over, system calls are dispatched by branches inside {@code x64_sys_call} and not
 * through a table, so a redirected system call is a changed branch.
 */
public final class SystemCallHandlers {
  /** {@code arch/x86/include/asm/syscall_wrapper.h}, by calling convention. */
  private static final List<String> PREFIXES =
      List.of("__x64_sys_", "__ia32_sys_", "__ia32_compat_sys_", "__x64_compat_sys_");

  private SystemCallHandlers() {}

  /**
   * Whether a system call begins there.
   *
   * @param symbol a function's name; a place inside a function is none
   */
  public static boolean isOne(String symbol) {
    return symbol.indexOf('+') < 0 && PREFIXES.stream().anyMatch(symbol::startsWith);
  }
}
