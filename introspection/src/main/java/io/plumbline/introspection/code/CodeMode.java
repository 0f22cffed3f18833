package io.plumbline.introspection.code;

/** How the processor reads instruction bytes (Intel SDM volume 1, section 3.2.1). */
public enum CodeMode {
  /** 64-bit mode: REX prefixes, RIP-relative operands. */
  LONG_64,
  /** Protected mode with a 32-bit code segment. */
  PROTECTED_32
}
