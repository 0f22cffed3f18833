package io.plumbline.introspection.monitor;

import io.plumbline.introspection.trust.TrustedKernel;
import io.plumbline.introspection.verify.module.ModuleVerification;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The kernel's own list of its modules ({@code struct module}, {@code include/linux/module.h}: the
 * state, the list's links at 8, the name at 24). Where a module's text lies is a field whose place
 * differs from build to build ({@code core_layout.base}, from 6.4 on {@code mem[MOD_TEXT].base}).
 */
final class ListedModules {
  private static final String HEAD = "modules";
  private static final int LINKS = 8;
  private static final int NAME = 24;
  private static final int NAME_BYTES = 56;

  /** Bytes of a module's record among which the field is. */
  private static final int RECORD_BYTES = 1 << 10;

  /** Modules of one guest: several times what the largest has. */
  private static final int MOST = 4096;

  /** {@code MODULE_STATE_LIVE}; a module that comes or goes has no text yet, or any more. */
  private static final int LIVE = 0;

  /**
   * One module as the list has it.
   *
   * @param record linear address
   * @param name as the guest writes it
   * @param live whether it is neither coming nor going
   */
  record Entry(long record, String name, boolean live) {}

  private final TrustedKernel kernel;
  private final List<Entry> entries = new ArrayList<>();
  private String cutOff = "";

  private ListedModules(TrustedKernel kernel) {
    this.kernel = kernel;
  }

  /** Walks the list. */
  static ListedModules of(TrustedKernel kernel, long head) {
    ListedModules listed = new ListedModules(kernel);
    listed.walk(head);
    return listed;
  }

  /** Where the list begins; empty in builds without modules. */
  static OptionalLong head(TrustedKernel kernel) {
    return kernel.addressOf(HEAD);
  }

  private void walk(long head) {
    Set<Long> met = new HashSet<>();
    OptionalLong next = kernel.word(head);
    while (next.isPresent() && next.getAsLong() != head) {
      long record = next.getAsLong() - LINKS;
      if (!met.add(record) || met.size() > MOST) {
        cutOff = met.size() > MOST ? "is longer than " + MOST : "does not lead back to its head";
        return;
      }
      OptionalInt state = kernel.byteAt(record);
      if (state.isEmpty()) {
        break;
      }
      entries.add(new Entry(record, name(record), state.getAsInt() == LIVE));
      next = kernel.word(next.getAsLong());
    }
    cutOff = next.isPresent() && next.getAsLong() == head ? "" : "cannot be read to its end";
  }

  private String name(long record) {
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < NAME_BYTES; i++) {
      int letter = kernel.byteAt(record + NAME + i).orElse(0);
      if (letter == 0) {
        break;
      }
      name.append(letter > ' ' && letter < 0x7f ? (char) letter : '?');
    }
    return name.toString();
  }

  List<Entry> entries() {
    return entries;
  }

  /** Why the list was not walked to its end; empty if it was. */
  String cutOff() {
    return cutOff;
  }

  /**
   * The offset in a record of the word that is the address of its module's text: the one at which
   * most records have the beginning of a known module, each another's; -1 if none has.
   */
  int textField() {
    Set<Long> texts = new HashSet<>();
    kernel.modules().stream().map(ModuleVerification::address).forEach(texts::add);
    int best = -1;
    int most = 0;
    for (int field = 0; field < RECORD_BYTES; field += Long.BYTES) {
      Set<Long> found = new HashSet<>();
      for (Entry entry : entries) {
        kernel.word(entry.record + field).stream().filter(texts::contains).forEach(found::add);
      }
      if (found.size() > most) {
        best = field;
        most = found.size();
      }
    }
    return best;
  }
}
