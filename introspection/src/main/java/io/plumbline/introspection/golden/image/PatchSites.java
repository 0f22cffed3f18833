package io.plumbline.introspection.golden.image;

import java.util.List;

/**
 * Where a kernel, or a module, rewrites its own text, from the tables that it does so by itself.
 * Places are bytes from the image's base. A table that the build does not have is empty.
 *
 * @param alternatives in table order: of several that apply at one site the last wins
 * @param smpLocks LOCK prefixes that become DS on one processor
 * @param paravirt indirect calls that become direct ones, in table order
 * @param retpolines calls and jumps to an indirect thunk
 * @param returns jumps to the return thunk
 * @param callDepthCalls direct calls that call-depth tracking may move back into the padding
 * @param branchTargetSeals ENDBR instructions that are taken out because nobody branches there
 * @param runtimeConstants constants that are written once at boot
 * @param jumpLabels branches of static keys
 * @param staticCalls calls that are patched to a key's target
 * @param functionTraces calls to the function tracer at functions' entries
 */
public record PatchSites(
    List<Alternative> alternatives,
    int[] smpLocks,
    List<ParavirtSite> paravirt,
    int[] retpolines,
    int[] returns,
    int[] callDepthCalls,
    int[] branchTargetSeals,
    List<RuntimeConstant> runtimeConstants,
    List<JumpLabel> jumpLabels,
    List<StaticCall> staticCalls,
    int[] functionTraces) {
  public PatchSites {
    alternatives = List.copyOf(alternatives);
    paravirt = List.copyOf(paravirt);
    runtimeConstants = List.copyOf(runtimeConstants);
    jumpLabels = List.copyOf(jumpLabels);
    staticCalls = List.copyOf(staticCalls);
  }

  /**
   * An instruction sequence that a processor feature replaces (kernel {@code
   * arch/x86/include/asm/alternative.h}, {@code struct alt_instr}).
   *
   * @param site first byte that is replaced
   * @param replacement first byte of the other sequence
   * @param feature number of the capability bit
   * @param whenAbsent replace if the processor does <em>not</em> have the feature
   * @param directCall the replacement is an indirect call that becomes a direct one
   * @param siteLength bytes at the site
   * @param replacementLength bytes of the other sequence; the rest becomes NOPs
   */
  public record Alternative(
      int site,
      int replacement,
      int feature,
      boolean whenAbsent,
      boolean directCall,
      int siteLength,
      int replacementLength) {}

  /**
   * A call through the table of paravirtual operations (kernel {@code struct paravirt_patch_site}).
   *
   * @param operation index of the operation in the table, in pointers
   * @param length bytes at the site
   */
  public record ParavirtSite(int site, int operation, int length) {}

  /**
   * A constant in the code that the kernel writes once at boot (kernel {@code
   * arch/x86/include/asm/runtime-const.h}).
   *
   * @param variable what the value is of, such as {@code ptr_dentry_hashtable}
   * @param site first byte of the constant
   * @param bytes of the constant: 1, 4 or 8
   */
  public record RuntimeConstant(String variable, int site, int bytes) {}

  /**
   * A branch of a static key (kernel {@code struct jump_entry}).
   *
   * @param code the instruction: a NOP or a jump
   * @param target where the jump leads
   * @param key the static key
   * @param branch bit 0 of the entry: jump while the key is disabled
   */
  public record JumpLabel(int code, int target, int key, boolean branch) {}

  /**
   * A call that is patched to its key's target (kernel {@code struct static_call_site}).
   *
   * @param key the static call's key
   * @param tail a jump and not a call
   * @param init only used during boot
   */
  public record StaticCall(int site, int key, boolean tail, boolean init) {}
}
