package io.plumbline.signaturestore.extract.kallsyms;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.util.ArrayList;
import java.util.List;

/**
 * The addresses that belong to the names: before their count with the base between (until 6.3), or
 * behind the tokens. Of all readings that the structure allows only one may make sense: addresses
 * ascend, and {@code _text} is where the code is linked.
 */
final class SymbolAddresses {
  private static final String FIRST_OF_TEXT = "_text";
  private static final int ALIGNMENT = 8;

  private final ByteRange data;
  private final long dataAddress;
  private final int count;
  private final int textIndex;
  private final long textAddress;

  private SymbolAddresses(ByteRange data, long dataAddress, CompressedNames names, long textAddress)
      throws ExtractionException {
    this.data = data;
    this.dataAddress = dataAddress;
    this.count = names.count();
    this.textIndex = names.names().indexOf(FIRST_OF_TEXT);
    this.textAddress = textAddress;
    if (textIndex < 0) {
      throw refuse("a symbol " + FIRST_OF_TEXT, "none among " + count);
    }
  }

  /**
   * The address of each name.
   *
   * @param dataAddress linear address of {@code data}
   * @param textAddress linear address of the first code
   */
  static long[] find(
      ByteRange data, long dataAddress, CompressedNames names, TokenTable tokens, long textAddress)
      throws ExtractionException {
    SymbolAddresses search = new SymbolAddresses(data, dataAddress, names, textAddress);
    int numbers = aligned(names.count() * Integer.BYTES, ALIGNMENT);
    List<long[]> readings = new ArrayList<>();
    search.addReadings(readings, names.countPlace() - ALIGNMENT - numbers);
    int behind = aligned(tokens.end(), Integer.BYTES);
    search.addReadings(readings, behind);
    if (behind % ALIGNMENT != 0) {
      search.addReadings(readings, aligned(behind, ALIGNMENT));
    }
    if (readings.size() != 1) {
      throw search.refuse(
          "one reading of the addresses with "
              + String.format("%s at 0x%016x", FIRST_OF_TEXT, textAddress),
          readings.isEmpty() ? "none" : Integer.toString(readings.size()));
    }
    return readings.get(0);
  }

  private void addReadings(List<long[]> readings, int start) throws ExtractionException {
    if (start < 0 || start > data.length() - (long) count * Integer.BYTES) {
      return;
    }
    int basePlace = aligned(start + count * Integer.BYTES, ALIGNMENT);
    boolean hasBase = basePlace <= data.length() - Long.BYTES;
    for (AddressForm form : AddressForm.values()) {
      if (form == AddressForm.FROM_PLACE || hasBase) {
        long base = form == AddressForm.FROM_PLACE ? 0 : data.s64(basePlace);
        if (address(form, base, start, textIndex) == textAddress) {
          addIfAscending(readings, form, base, start);
        }
      }
    }
  }

  private void addIfAscending(List<long[]> readings, AddressForm form, long base, int start)
      throws ExtractionException {
    long[] addresses = new long[count];
    for (int i = 0; i < count; i++) {
      addresses[i] = address(form, base, start, i);
      if (i > 0 && Long.compareUnsigned(addresses[i - 1], addresses[i]) > 0) {
        return;
      }
    }
    readings.add(addresses);
  }

  private long address(AddressForm form, long base, int start, int index)
      throws ExtractionException {
    int place = start + index * Integer.BYTES;
    return form.address(data.s32(place), base, dataAddress + place);
  }

  private static int aligned(int place, int alignment) {
    return (place + alignment - 1) & -alignment;
  }

  private ExtractionException refuse(String expected, String found) {
    return new ExtractionException(data.name() + ": embedded symbols", expected, found);
  }
}
