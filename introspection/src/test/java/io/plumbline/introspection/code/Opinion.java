package io.plumbline.introspection.code;

import java.util.Optional;
import java.util.Set;

/**
 * What one tool says of the instruction at a place: the common ground of this decoder, Capstone and
 * objdump.
 *
 * @param length in bytes, 0 if it knows no instruction there
 * @param flow null if there is no instruction
 * @param target of a direct transfer, else 0
 */
record Opinion(int length, ControlFlow flow, long target) {
  static final Opinion NONE = new Opinion(0, null, 0);

  private static final Set<String> PREFIX_WORDS =
      Set.of(
          "lock",
          "rep",
          "repz",
          "repnz",
          "repe",
          "repne",
          "data16",
          "data32",
          "addr16",
          "addr32",
          "bnd",
          "notrack",
          "cs",
          "ds",
          "es",
          "ss",
          "fs",
          "gs",
          "xacquire",
          "xrelease");

  private static final Set<String> RETURNS =
      Set.of("ret", "retw", "retq", "retf", "retfq", "lret", "lretw", "lretq", "lretl", "retl");
  private static final Set<String> SYSTEM_RETURNS =
      Set.of(
          "iret", "iretd", "iretq", "iretw", "iretl", "rsm", "uiret", "eretu", "erets", "seamret");
  private static final Set<String> TRAPS =
      Set.of("ud0", "ud1", "ud2", "ud2a", "ud2b", "int3", "int1", "icebp");

  /** This decoder's, of the instruction at {@code offset}, which is its address as well. */
  static Opinion ofDecoder(InstructionDecoder decoder, byte[] code, int offset, int limit) {
    long instruction = decoder.decode(code, offset, limit);
    if (instruction == Instruction.INVALID) {
      return NONE;
    }
    ControlFlow flow = Instruction.flow(instruction);
    long target = flow.direct() ? Instruction.target(code, offset, instruction, offset) : 0;
    return new Opinion(Instruction.length(instruction), flow, target);
  }

  static Opinion ofCapstone(CapstoneText capstone, byte[] code, int offset, int limit) {
    Optional<String> text = capstone.disassemble(code, offset, limit, offset);
    return text.map(of -> ofText(capstone.lastLength(), of)).orElse(NONE);
  }

  /**
   * Of the words that a disassembler prints: Capstone's in Intel's syntax, objdump's in AT&amp;T's.
   */
  static Opinion ofText(int length, String text) {
    int at = wordAt(text, 0);
    int end = wordEnd(text, at);
    int next = wordAt(text, end);
    while (next < text.length() && prefix(text.substring(at, end))) {
      at = next;
      end = wordEnd(text, at);
      next = wordAt(text, end);
    }
    String mnemonic = text.substring(at, end);
    int comma = mnemonic.indexOf(',');
    mnemonic = comma < 0 ? mnemonic : mnemonic.substring(0, comma);
    String operand = text.substring(next, wordEnd(text, next));
    ControlFlow flow = flow(mnemonic, operand);
    return new Opinion(length, flow, flow.direct() && address(operand) ? number(operand) : 0);
  }

  /** Whether the text names prefixes and no instruction. */
  static boolean prefixesOnly(String text) {
    int at = wordAt(text, 0);
    int end = at;
    while (at < text.length()) {
      end = wordEnd(text, at);
      if (!prefix(text.substring(at, end))) {
        return false;
      }
      at = wordAt(text, end);
    }
    return end > 0;
  }

  private static int wordAt(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    return at;
  }

  private static int wordEnd(String text, int from) {
    int end = text.indexOf(' ', from);
    return end < 0 ? text.length() : end;
  }

  private static boolean prefix(String word) {
    return PREFIX_WORDS.contains(word) || word.startsWith("rex");
  }

  private static ControlFlow flow(String mnemonic, String operand) {
    if (mnemonic.startsWith("lcall")) {
      return ControlFlow.FAR_CALL;
    }
    if (mnemonic.startsWith("ljmp")) {
      return ControlFlow.FAR_JUMP;
    }
    if (mnemonic.startsWith("call")) {
      return address(operand) ? ControlFlow.CALL : ControlFlow.INDIRECT_CALL;
    }
    if (mnemonic.startsWith("jmp")) {
      return address(operand) ? ControlFlow.JUMP : ControlFlow.INDIRECT_JUMP;
    }
    if (mnemonic.startsWith("j") || mnemonic.startsWith("loop") || mnemonic.startsWith("xbegin")) {
      return ControlFlow.BRANCH;
    }
    if (RETURNS.contains(mnemonic)) {
      return ControlFlow.RETURN;
    }
    if (SYSTEM_RETURNS.contains(mnemonic)
        || mnemonic.startsWith("sysret")
        || mnemonic.startsWith("sysexit")) {
      return ControlFlow.SYSTEM_RETURN;
    }
    return TRAPS.contains(mnemonic) ? ControlFlow.TRAP : ControlFlow.NEXT;
  }

  private static boolean address(String operand) {
    if (!operand.isEmpty() && Character.isDigit(operand.charAt(0))) {
      return true;
    }
    return !operand.isEmpty() && operand.chars().allMatch(each -> Character.digit(each, 16) >= 0);
  }

  private static long number(String operand) {
    String digits = operand.startsWith("0x") ? operand.substring(2) : operand;
    return Long.parseUnsignedLong(digits, 16);
  }
}
