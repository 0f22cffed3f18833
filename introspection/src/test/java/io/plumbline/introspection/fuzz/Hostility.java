package io.plumbline.introspection.fuzz;

import java.util.List;
import java.util.stream.Stream;

/** One thing that is done to a guest to make the core work, wait or fall over. */
interface Hostility {
  /** All there are. */
  List<Hostility> ALL =
      Stream.<Hostility[]>of(
              HostileTables.values(),
              HostileCode.values(),
              HostileDescriptors.values(),
              HostileData.values())
          .flatMap(Stream::of)
          .toList();

  String name();

  void apply(Canvas guest);
}
