package io.plumbline.signaturestore.extract.kallsyms;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Reads the symbol table that a kernel embeds. */
public final class EmbeddedSymbols {
  private EmbeddedSymbols() {}

  /**
   * All symbols, ascending by place; of several at one place the file's order counts.
   *
   * @param data the kernel's read-only data
   * @param dataAddress linear address of its first byte
   * @param base linear address of the first code, from which places count
   */
  public static ImageSymbols read(ByteRange data, long dataAddress, long base)
      throws ExtractionException {
    TokenTable tokens = TokenTable.find(data);
    CompressedNames names = CompressedNames.find(data, tokens);
    long[] addresses = SymbolAddresses.find(data, dataAddress, names, tokens, base);
    int[] order =
        IntStream.range(0, addresses.length)
            .boxed()
            .sorted(Comparator.comparingLong(each -> addresses[each] - base))
            .mapToInt(Integer::intValue)
            .toArray();
    long[] offsets = new long[order.length];
    byte[] types = new byte[order.length];
    List<String> sorted = new ArrayList<>(order.length);
    for (int i = 0; i < order.length; i++) {
      offsets[i] = addresses[order[i]] - base;
      types[i] = names.types()[order[i]];
      sorted.add(names.names().get(order[i]));
    }
    return new ImageSymbols(offsets, types, sorted);
  }
}
