package io.plumbline.signaturestore.extract.kernel;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes symbols as a kernel embeds them. */
final class TinySymbols {
  /** One symbol, by its address. */
  record Named(long address, char type, String name) {}

  private static final String LONG_TOKEN = "__start_";
  private static final int LONG_TOKEN_CODE = 0x80;

  private final SymbolLayout layout;
  private final List<Named> symbols;
  private final long base;

  /**
   * @param symbols ascending by address
   * @param base from which addresses count
   */
  TinySymbols(SymbolLayout layout, List<Named> symbols, long base) {
    this.layout = layout;
    this.symbols = symbols;
    this.base = base;
  }

  /** Appends them to {@code out}, whose first byte will have the given address. */
  void write(LittleEndian out, long outAddress) {
    out.align(8);
    if (layout.addressesFirst()) {
      addresses(out, outAddress);
    }
    out.u32(symbols.size()).align(layout.alignment());
    int names = out.size();
    List<Integer> markers = new ArrayList<>();
    for (int i = 0; i < symbols.size(); i++) {
      if (i % 256 == 0) {
        markers.add(out.size() - names);
      }
      name(out, symbols.get(i));
    }
    out.align(layout.alignment());
    markers.forEach(out::u32);
    if (layout.sequences()) {
      out.padTo(out.size() + 3 * symbols.size());
    }
    out.align(layout.alignment());
    tokens(out);
    if (!layout.addressesFirst()) {
      addresses(out, outAddress);
    }
  }

  private void name(LittleEndian out, Named symbol) {
    String text = symbol.type() + symbol.name();
    LittleEndian tokens = new LittleEndian();
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith(LONG_TOKEN, i)) {
        tokens.u8(LONG_TOKEN_CODE);
        i += LONG_TOKEN.length() - 1;
      } else {
        tokens.u8(text.charAt(i));
      }
    }
    if (tokens.size() < 0x80) {
      out.u8(tokens.size());
    } else {
      out.u8(0x80 | (tokens.size() & 0x7f)).u8(tokens.size() >>> 7);
    }
    out.bytes(tokens.toBytes());
  }

  private void tokens(LittleEndian out) {
    LittleEndian index = new LittleEndian();
    int start = out.size();
    for (int code = 0; code < 256; code++) {
      index.u16(out.size() - start);
      String token = code > ' ' && code <= '~' ? Character.toString(code) : "x" + code;
      if (code == LONG_TOKEN_CODE) {
        token = LONG_TOKEN;
      }
      out.bytes(token.getBytes(StandardCharsets.US_ASCII)).u8(0);
    }
    out.align(layout.alignment()).bytes(index.toBytes());
  }

  private void addresses(LittleEndian out, long outAddress) {
    out.align(layout.alignment());
    for (Named symbol : symbols) {
      long address = symbol.address();
      long place = outAddress + out.size();
      switch (layout) {
        case FROM_PLACE -> out.u32(address - place);
        case ABOVE_BASE -> out.u32(address - base);
        default -> out.u32(address >= 0 ? address : base - 1 - address);
      }
    }
    if (layout != SymbolLayout.FROM_PLACE) {
      out.align(8).u64(base);
    }
  }
}
