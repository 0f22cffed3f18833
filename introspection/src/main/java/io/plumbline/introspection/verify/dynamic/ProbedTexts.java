package io.plumbline.introspection.verify.dynamic;

import io.plumbline.introspection.verify.patch.ProbedText;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The texts of one guest that probes may be in: the kernel's and those of its modules. */
final class ProbedTexts {
  private final TreeMap<Long, ProbedText> byAddress = new TreeMap<>();

  /** The text with its probes, from now on one of the guest's. */
  ProbedText add(Rewriting text) {
    ProbedText probed = new ProbedText(text);
    return byAddress.computeIfAbsent(probed.address(), start -> probed);
  }

  /** Forgets the text that begins at a linear address. */
  void forget(long address) {
    byAddress.remove(address);
  }

  /** The text that holds a linear address. */
  Optional<ProbedText> at(long address) {
    return Optional.ofNullable(byAddress.floorEntry(address))
        .map(Map.Entry::getValue)
        .filter(text -> text.placeOf(address) >= 0);
  }

  /** What the guest has from a linear address on without probes; nothing if no text holds it. */
  byte[] original(long address) {
    return at(address).map(text -> text.original(text.placeOf(address))).orElse(new byte[0]);
  }

  /** Every text, ascending by address. */
  Collection<ProbedText> all() {
    return byAddress.values();
  }
}
