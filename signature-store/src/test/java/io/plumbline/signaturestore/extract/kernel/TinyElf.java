package io.plumbline.signaturestore.extract.kernel;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Builds an ELF file whose file offsets follow its addresses, in one loaded segment. */
final class TinyElf {
  static final int WRITE = 1;
  static final int ALLOC = 2;
  static final int EXECUTE = 4;
  private static final int HEADERS = 0x1000;

  private record Section(String name, int type, int flags, long address, byte[] bytes) {}

  private final long base;
  private final List<Section> sections = new ArrayList<>();

  TinyElf(long base) {
    this.base = base;
  }

  void add(String name, int type, int flags, long address, byte[] bytes) {
    sections.add(new Section(name, type, flags, address, bytes));
  }

  byte[] build() {
    LittleEndian image = new LittleEndian().padTo(HEADERS);
    LittleEndian names = new LittleEndian().u8(0);
    LittleEndian rows = new LittleEndian().padTo(64);
    for (Section each : sections) {
      image.padTo((int) (HEADERS + each.address() - base)).bytes(each.bytes());
      row(rows, names.size(), each.type(), each.flags(), each.address(), each.bytes().length);
      names.bytes(each.name().getBytes(StandardCharsets.US_ASCII)).u8(0);
    }
    int loaded = image.align(0x1000).size() - HEADERS;
    int namesAt = image.size();
    rows.u32(names.size()).u32(3).u64(0).u64(0).u64(namesAt);
    names.bytes(".shstrtab".getBytes(StandardCharsets.US_ASCII)).u8(0);
    rows.u64(names.size()).u64(0).u64(1).u64(0);
    image.bytes(names.toBytes()).align(8);
    int rowsAt = image.size();
    byte[] file = image.bytes(rows.toBytes()).toBytes();
    byte[] headers = headers(rowsAt, loaded).toBytes();
    System.arraycopy(headers, 0, file, 0, headers.length);
    return file;
  }

  private void row(LittleEndian rows, int name, int type, int flags, long address, int size) {
    rows.u32(name).u32(type).u64(flags).u64(address).u64(HEADERS + address - base);
    rows.u64(size).u64(0).u64(1).u64(0);
  }

  private LittleEndian headers(int rowsAt, int loaded) {
    LittleEndian file = new LittleEndian();
    file.bytes(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).padTo(16);
    file.u16(2).u16(62).u32(1).u64(0x1000000).u64(64).u64(rowsAt).u32(0);
    file.u16(64).u16(56).u16(1).u16(64).u16(sections.size() + 2).u16(sections.size() + 1);
    file.u32(1).u32(7).u64(HEADERS).u64(base).u64(0).u64(loaded).u64(loaded).u64(0x1000);
    return file;
  }
}
