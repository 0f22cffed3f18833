package io.plumbline.introspection.verify.dynamic;

/**
 * Executable memory of the supervisor outside the image.
 *
 * @param address linear, of its first page
 * @param pages 4 KiB pages
 * @param kind what it is, or resembles
 * @param verified every byte of it is explained
 * @param description for people: what it calls, what is odd about it
 */
public record DynamicCode(
    long address, long pages, Kind kind, boolean verified, String description) {
  /** What a kernel makes code for. */
  public enum Kind {
    /** A copy of the function tracer for one tracer (create_trampoline of ftrace.c). */
    TRACER_TRAMPOLINE,
    /** The real-mode code that wakes other processors (arch/x86/realmode). */
    REAL_MODE,
    /** Memory that BPF programs are compiled into. */
    BPF_PROGRAMS,
    /** Copies of instructions that kprobes execute. */
    PROBE_SLOTS,
    /** Thunks of indirect branches, placed within their cache lines. */
    BRANCH_THUNKS,
    /** INT3 and nothing else. */
    TRAPS,
    /** Pages of a module that the caller knows. */
    MODULE,
    /** Nothing known. */
    UNOWNED
  }
}
