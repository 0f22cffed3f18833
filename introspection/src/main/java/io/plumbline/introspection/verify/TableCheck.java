package io.plumbline.introspection.verify;

import io.plumbline.introspection.golden.PointerTable;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Translation;
import io.plumbline.introspection.reach.TableContent;
import io.plumbline.introspection.reach.TableUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Compares a pointer table of a guest with the build's.
 *
 * @param differences entries that lead elsewhere
 * @param unreadEntries checked entries that could not be read
 */
public record TableCheck(TableUse use, List<Difference> differences, int unreadEntries) {

  /**
   * An entry that leads elsewhere.
   *
   * @param index of the entry
   * @param at address of the entry
   * @param expected where the build leads, in this guest
   * @param actual where the guest leads
   * @param frame that holds the entry
   */
  public record Difference(
      int index,
      GuestVirtualAddress at,
      GuestVirtualAddress expected,
      GuestVirtualAddress actual,
      Optional<FrameNumber> frame) {}

  /** Checks one used table, if the build has it. */
  public static Optional<TableCheck> of(
      TableUse use, PlacedCode placed, AddressSpace space, PageSource pages) {
    long offset = placed.offsetOf(use.table().value());
    return placed.signature().tables().stream()
        .filter(table -> table.offset() == offset)
        .findFirst()
        .map(table -> compare(use, table, placed, space, pages));
  }

  private static TableCheck compare(
      TableUse use, PointerTable table, PlacedCode placed, AddressSpace space, PageSource pages) {
    int[] expected = table.targets();
    TableContent content =
        TableContent.ofLength(
            expected.length, use.table(), space, pages, placed.signature().mode());
    List<Difference> differences = new ArrayList<>();
    int unread = 0;
    for (int i = 0; i < expected.length; i++) {
      if (expected[i] == PointerTable.UNCHECKED) {
        continue;
      }
      if (i >= content.targets().length) {
        unread++;
      } else if (content.targets()[i] != placed.addressOf(expected[i])) {
        differences.add(difference(use, i, expected[i], content.targets()[i], placed, space));
      }
    }
    return new TableCheck(use, List.copyOf(differences), unread);
  }

  private static Difference difference(
      TableUse use, int index, int expected, long actual, PlacedCode placed, AddressSpace space) {
    GuestVirtualAddress at = use.table().plus((long) index * placed.signature().pointerBytes());
    Optional<FrameNumber> frame =
        space.translate(at) instanceof Translation.Mapped mapped
            ? Optional.of(mapped.frame())
            : Optional.empty();
    return new Difference(
        index,
        at,
        new GuestVirtualAddress(placed.addressOf(expected)),
        new GuestVirtualAddress(actual),
        frame);
  }
}
