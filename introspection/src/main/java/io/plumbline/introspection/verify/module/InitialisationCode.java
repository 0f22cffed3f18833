package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.memory.PageBytes;
import java.util.Optional;

/**
 * Tells the code of a module's initialisation, which is given back when it has run, from whatever
 * lies in its place afterwards. While it is there its addresses and patch sites differ from the
 * file's, a few bytes in a hundred.
 */
final class InitialisationCode {
  private static final int PAGE = PageBytes.SIZE;

  private InitialisationCode() {}

  /**
   * Whether the code at a linear address, which lies where {@code placed} had its initialisation,
   * is that, changed or not; where it cannot be read it may be.
   */
  static boolean mayBeAt(long address, PlacedModule placed) {
    Optional<ModulePart> part = placed.initialisationCode();
    Optional<byte[]> guest = placed.initialisation();
    if (part.isEmpty() || guest.isEmpty()) {
      return true;
    }
    long inside = address - placed.base(ModuleMemory.INIT).orElseThrow();
    int start = (int) inside & -PAGE;
    byte[] file = part.get().bytes();
    int end = Math.min(start + PAGE, Math.min(file.length, guest.get().length));
    int alike = 0;
    for (int at = start; at < end; at++) {
      alike += file[at] == guest.get()[at] ? 1 : 0;
    }
    return 2 * alike >= end - start && start < end;
  }
}
