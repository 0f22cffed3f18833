package io.plumbline.introspection.drill;

import java.util.List;
import java.util.stream.Stream;

/** Every technique that there is, by theme. */
public final class Techniques {
  private static final List<Technique> ALL =
      Stream.of(
              SystemCallTechniques.all(),
              DescriptorTechniques.all(),
              RegisterTechniques.all(),
              MappingTechniques.all(),
              CodeTechniques.all(),
              TracingTechniques.all(),
              PatchedCallTechniques.all(),
              PointerTechniques.all(),
              ModuleTechniques.all())
          .flatMap(List::stream)
          .toList();

  private Techniques() {}

  /** All of them, each name once. */
  public static List<Technique> all() {
    return ALL;
  }
}
