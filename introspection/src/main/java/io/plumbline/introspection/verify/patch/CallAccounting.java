package io.plumbline.introspection.verify.patch;

/**
 * The sequence that counts a call under call-depth tracking, in code outside the image: the BPF
 * compiler puts a copy of the kernel's template before each call it makes (kernel {@code
 * arch/x86/kernel/callthunks.c}, x86_call_depth_emit_accounting).
 */
public final class CallAccounting {
  private final CallDepth calls;
  private final Rewriting text;
  private final int bytes;

  /**
   * @param text whose expected bytes hold the template as it must be
   * @param bytes of the sequence; 0 if this boot counts no calls
   */
  CallAccounting(CallDepth calls, Rewriting text, int bytes) {
    this.calls = calls;
    this.text = text;
    this.bytes = bytes;
  }

  /**
   * How many bytes of {@code code} from {@code at} on count a call; 0 if they do not.
   *
   * @param address linear, of {@code code[at]}
   */
  public int lengthAt(byte[] code, int at, long address) {
    return bytes > 0 && calls.countsAt(text, code, at, address) ? bytes : 0;
  }
}
