package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.FieldRule;
import io.plumbline.introspection.golden.image.ModuleMemory;

/**
 * The numbers that stand for the model's closed choices in a file. Written out, because the order
 * of an enum is free to change and files are not.
 */
final class Codes {
  private Codes() {}

  static int of(CodeMode mode) {
    return switch (mode) {
      case LONG_64 -> 1;
      case PROTECTED_32 -> 2;
    };
  }

  static CodeMode mode(ByteSource from) throws SignatureException {
    int at = from.position();
    int code = from.u8("mode");
    return switch (code) {
      case 1 -> CodeMode.LONG_64;
      case 2 -> CodeMode.PROTECTED_32;
      default -> throw from.refuse(at, "mode", "1 (64-bit) or 2 (32-bit)", code);
    };
  }

  static int of(FieldRule rule) {
    return switch (rule) {
      case ABSOLUTE_32 -> 1;
      case ABSOLUTE_64 -> 2;
      case INVERSE_32 -> 3;
      case FREE_8 -> 4;
      case FREE_32 -> 5;
      case FREE_64 -> 6;
    };
  }

  static FieldRule rule(ByteSource from) throws SignatureException {
    int at = from.position();
    int code = from.u8("rule of a field");
    return switch (code) {
      case 1 -> FieldRule.ABSOLUTE_32;
      case 2 -> FieldRule.ABSOLUTE_64;
      case 3 -> FieldRule.INVERSE_32;
      case 4 -> FieldRule.FREE_8;
      case 5 -> FieldRule.FREE_32;
      case 6 -> FieldRule.FREE_64;
      default -> throw from.refuse(at, "rule of a field", "1 to 6", code);
    };
  }

  /** The number of a part of a module. */
  static int of(ModuleMemory memory) {
    return switch (memory) {
      case TEXT -> 0;
      case READ_ONLY -> 1;
      case READ_ONLY_AFTER_INIT -> 2;
      case DATA -> 3;
      case INIT -> 4;
      case PER_CPU -> 5;
    };
  }

  static ModuleMemory memory(ByteSource from) throws SignatureException {
    int at = from.position();
    int code = from.u8("kind of a part");
    return switch (code) {
      case 0 -> ModuleMemory.TEXT;
      case 1 -> ModuleMemory.READ_ONLY;
      case 2 -> ModuleMemory.READ_ONLY_AFTER_INIT;
      case 3 -> ModuleMemory.DATA;
      case 4 -> ModuleMemory.INIT;
      case 5 -> ModuleMemory.PER_CPU;
      default -> throw from.refuse(at, "kind of a part", "0 to 5", code);
    };
  }
}
