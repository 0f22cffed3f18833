package io.plumbline.introspection.verify.patch;

/**
 * The sequence that counts a call under call-depth tracking, in code outside the image: the BPF
 * compiler puts a copy of the kernel's template before each call it makes (kernel {@code
 * arch/x86/kernel/callthunks.c}, x86_call_depth_emit_accounting).
 */
@FunctionalInterface
public interface CallAccounting {
  /** Of a boot that counts no calls. */
  CallAccounting NONE = (code, at, address) -> 0;

  /**
   * How many bytes of {@code code} from {@code at} on count a call; 0 if they do not.
   *
   * @param address linear, of {@code code[at]}
   */
  int lengthAt(byte[] code, int at, long address);
}
