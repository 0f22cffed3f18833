package io.plumbline.introspection.identify;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.CodeMemory;
import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.Measurement;
import java.util.List;

/**
 * Everything that one IDT entry leads to by direct control flow, explored and measured: enough to
 * name the build.
 *
 * @param vector the IDT vector
 * @param handler where its gate leads
 */
public record EntryClosure(
    int vector, GuestVirtualAddress handler, Exploration exploration, Measurement measurement) {
  /** Explores and measures from {@code handler}. */
  public static EntryClosure of(
      int vector,
      GuestVirtualAddress handler,
      CodeMemory memory,
      CodeMode mode,
      ExplorationBudget budget) {
    Exploration exploration = Exploration.from(List.of(handler), memory, mode, budget);
    return new EntryClosure(vector, handler, exploration, exploration.measure());
  }

  /** Functions in the closure. */
  public int functions() {
    return exploration.functionCount();
  }
}
