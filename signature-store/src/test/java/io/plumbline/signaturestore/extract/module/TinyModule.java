package io.plumbline.signaturestore.extract.module;

import io.plumbline.signaturestore.extract.kernel.LittleEndian;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Builds a module: every kind of section, one function, two keys, of which one is imported. */
public final class TinyModule {
  private static final int WRITE = 1;
  private static final int ALLOC = 2;
  private static final int EXECUTE = 4;

  private static final int FENTRY = 1;
  private static final int IMPORTED_KEY = 2;
  private static final int TEXT = 3;
  private static final int KEY = 4;
  private static final int FUNCTION = 5;
  private static final int STRINGS = 6;

  private record Section(
      String name, int type, int flags, byte[] bytes, int size, int align, int link, int info) {}

  private final List<Section> sections = new ArrayList<>();

  public TinyModule(String vermagic) {
    add(".text", ALLOC | EXECUTE, text(), 16);
    relocate(1, new long[][] {{0x11, 4, FENTRY, -4}, {0x15, 0, 0, 0}});
    add(".exit.text", ALLOC | EXECUTE, new byte[4], 16);
    add(".init.text", ALLOC | EXECUTE, new byte[16], 16);
    add("__ksymtab", ALLOC, new byte[12], 4);
    relocate(5, new long[][] {{0, 2, FUNCTION, 0}, {4, 2, STRINGS, 0}});
    add("__ksymtab_strings", ALLOC, ascii("tiny_function\0"), 1);
    add("__mcount_loc", ALLOC, new byte[8], 1);
    relocate(8, new long[][] {{0, 1, TEXT, 0x10}});
    add(".return_sites", ALLOC, new byte[4], 1);
    relocate(10, new long[][] {{0, 2, TEXT, 0x20}});
    add(".rodata", ALLOC, new byte[0x1d], 32);
    add("__jump_table", ALLOC | WRITE, new byte[32], 8);
    relocate(
        13,
        new long[][] {
          {0, 2, TEXT, 0x18}, {4, 2, TEXT, 0x20}, {8, 24, KEY, 1},
          {16, 2, TEXT, 0x18}, {20, 2, TEXT, 0x20}, {24, 24, IMPORTED_KEY, 8}
        });
    add(".data", ALLOC | WRITE, new byte[0x50], 8);
    add(".static_call_sites", ALLOC | WRITE, new byte[8], 1);
    relocate(16, new long[][] {{0, 2, TEXT, 0x28}, {4, 2, IMPORTED_KEY, 17}});
    add(".data..percpu", ALLOC | WRITE, new byte[8], 8);
    add(".modinfo", ALLOC, ascii("license=GPL\0name=tiny\0vermagic=" + vermagic + "\0"), 1);
    symbols();
  }

  private static byte[] text() {
    byte[] text = new byte[0x40];
    text[0x10] = (byte) 0xe8;
    text[0x18] = 0x66;
    text[0x19] = (byte) 0x90;
    text[0x20] = (byte) 0xe9;
    text[0x28] = (byte) 0xe8;
    return text;
  }

  private void add(String name, int flags, byte[] bytes, int align) {
    sections.add(new Section(name, 1, flags, bytes, bytes.length, align, 0, 0));
  }

  /** Relocations of the section with that number: place, type, symbol, addend. */
  private void relocate(int section, long[][] entries) {
    LittleEndian out = new LittleEndian();
    for (long[] each : entries) {
      out.u64(each[0]).u32(each[1]).u32(each[2]).u64(each[3]);
    }
    byte[] bytes = out.toBytes();
    sections.add(new Section(".rela", 4, 0, bytes, bytes.length, 8, 0, section));
  }

  private void symbols() {
    byte[] names = ascii("\0__fentry__\0imported_key\0tiny_key\0tiny_function\0");
    LittleEndian out = new LittleEndian().padTo(24);
    symbol(out, 1, 0x10, 0, 0);
    symbol(out, 12, 0x10, 0, 0);
    symbol(out, 0, 3, 1, 0);
    symbol(out, 25, 0x11, 15, 8);
    symbol(out, 34, 0x12, 1, 0x10);
    symbol(out, 0, 3, 7, 0);
    int strings = sections.size() + 2;
    byte[] bytes = out.toBytes();
    sections.add(new Section(".symtab", 2, 0, bytes, bytes.length, 8, strings, 0));
    sections.add(new Section(".strtab", 3, 0, names, names.length, 1, 0, 0));
  }

  private static void symbol(LittleEndian out, int name, int info, int section, long value) {
    out.u32(name).u8(info).u8(0).u16(section).u64(value).u64(0);
  }

  public byte[] build() {
    LittleEndian content = new LittleEndian().padTo(64);
    LittleEndian names = new LittleEndian().u8(0);
    LittleEndian rows = new LittleEndian().padTo(64);
    for (Section each : sections) {
      content.align(8);
      rows.u32(names.size()).u32(each.type()).u64(each.flags()).u64(0).u64(content.size());
      rows.u64(each.size()).u32(each.link()).u32(each.info()).u64(each.align()).u64(0);
      names.bytes(ascii(each.name() + "\0"));
      content.bytes(each.bytes());
    }
    rows.u32(names.size()).u32(3).u64(0).u64(0).u64(content.size());
    names.bytes(ascii(".shstrtab\0"));
    rows.u64(names.size()).u64(0).u64(1).u64(0);
    content.bytes(names.toBytes()).align(8);
    int rowsAt = content.size();
    byte[] file = content.bytes(rows.toBytes()).toBytes();
    byte[] header = header(rowsAt).toBytes();
    System.arraycopy(header, 0, file, 0, header.length);
    return file;
  }

  private LittleEndian header(int rowsAt) {
    LittleEndian header = new LittleEndian();
    header.bytes(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).padTo(16);
    header.u16(1).u16(62).u32(1).u64(0).u64(0).u64(rowsAt).u32(0);
    return header.u16(64).u16(0).u16(0).u16(64).u16(sections.size() + 2).u16(sections.size() + 1);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
