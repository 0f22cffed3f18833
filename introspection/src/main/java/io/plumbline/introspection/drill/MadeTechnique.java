package io.plumbline.introspection.drill;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A technique that finds out whether it can be made by making it.
 *
 * @param make changes a scene and tells what of that has to be reported, besides what the scene
 *     owes for the pages that it was asked for
 */
record MadeTechnique(String name, String theme, String how, Function<Scene, List<Expected>> make)
    implements Technique {
  @Override
  public Optional<String> whyNot(Scene scene) {
    try {
      make.apply(scene.again());
      return Optional.empty();
    } catch (NoPlaceException e) {
      return Optional.of(e.getMessage());
    }
  }

  @Override
  public Tampering apply(Scene scene) {
    return scene.tampering(make.apply(scene));
  }
}
