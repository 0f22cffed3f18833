package io.plumbline.introspection.testing;

import java.util.List;

/**
 * Golden data: one site a line, as the file has it and as a guest must have it, worked out by hand
 * from the kernel sources that the mechanisms name. Hexadecimal bytes; {@code @name} is the
 * distance of four bytes to a symbol, {@code $name} the symbol's address of eight.
 *
 * <p>The guest: one processor, feature 1 present, feature 2 absent, returns through {@code
 * srso_return_thunk}, indirect branches as in the file.
 */
final class SiteLines {
  record Site(String kind, String file, String guest, String detail) {}

  private SiteLines() {}

  private static Site site(String kind, String file, String guest, String detail) {
    return new Site(kind, file, guest, detail);
  }

  /** Sites of every kernel. */
  static List<Site> common() {
    return List.of(
        site("return", "e9 @__x86_return_thunk", "e9 @srso_return_thunk", ""),
        site("retpoline", "e8 @__x86_indirect_thunk_rax", "e8 @__x86_indirect_thunk_rax", ""),
        site("retpoline", "2e e8 @__x86_indirect_thunk_r11", "2e e8 @__x86_indirect_thunk_r11", ""),
        site("lock", "f0 ff 00", "3e ff 00", ""),
        site("jump", "0f 1f 44 00 00", "e9 @function_a", "key_on function_a"),
        site("jump", "0f 1f 44 00 00", "0f 1f 44 00 00", "key_off function_a"),
        site("branch", "e9 @function_a", "0f 1f 44 00 00", "key_on function_a"),
        site("call", "e8 @__SCT__set", "e8 @function_b", "__SCK__set"),
        site("call", "e8 @__SCT__null", "0f 1f 44 00 00", "__SCK__null"),
        site("call", "e8 @__SCT__zero", "2e 2e 2e 31 c0", "__SCK__zero"),
        site("tail", "e9 @__SCT__set", "e9 @function_b", "__SCK__set"),
        site("tail", "e9 @__SCT__null", "e9 @srso_return_thunk", "__SCK__null"),
        site("trace", "e8 @__fentry__", "0f 1f 44 00 00", ""));
  }

  /** 5.10 to 6.4 (alternative.c of 6.1). */
  static List<Site> classic() {
    return List.of(
        site("alternative", "90 90 90 90 90", "0f 1f 44 00 00", "2 0f 01 ca"),
        site("alternative", "90 90 90 90 90", "0f 01 ca 66 90", "1 0f 01 ca 90 90"),
        site("alternative", "90 90 90 90 90", "e8 @function_b", "1 e8 @function_b"),
        site("alternative", "eb 03 90 90 90", "eb 03 0f 1f 00", "2 e9 @function_b"),
        site("paravirt", "ff 15 00 00 00 00", "e8 @function_a 90", "0"),
        site("paravirt", "ff 15 00 00 00 00", "66 0f 1f 44 00 00", "1"));
  }

  /** 6.8 and newer (alternative.c of 6.12). */
  static List<Site> relocating() {
    return List.of(
        site("alternative", "90 90 90 90 90", "0f 1f 44 00 00", "2 0f 01 ca"),
        site("alternative", "0f 01 ca 0f 01 cb", "0f 01 ca 0f 1f 00", "1 0f 01 ca"),
        site(
            "alternative",
            "31 c0 31 c0 31 c0 31 c0",
            "31 db e8 @function_b 90",
            "1 31 db e8 @function_b"),
        site(
            "alternative",
            "31 c0 31 c0 31 c0 31 c0 31 c0 31 c0",
            "eb 0a cc cc cc cc cc cc cc cc cc cc",
            "1 "),
        site("seal", "f3 0f 1e fa", "66 0f 1f 00", ""),
        site("constant8", "00 00 00 00 00 00 00 00", "$function_a", "ptr_hash"),
        site("constant1", "0c", "11", "shift_hash_shift"));
  }
}
