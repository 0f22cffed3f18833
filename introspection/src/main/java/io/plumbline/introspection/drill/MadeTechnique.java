package io.plumbline.introspection.drill;

import java.util.List;
import java.util.Optional;

/**
 * A technique that finds out whether it can be made by making it.
 *
 * @param make changes a scene and tells what of that has to be reported, besides what the scene
 *     owes for the pages that it was asked for
 */
record MadeTechnique(String name, String theme, String how, Making make) implements Technique {
  /** What makes a technique. */
  @FunctionalInterface
  interface Making {
    /**
     * Changes a scene.
     *
     * @throws NoPlaceException if the guest does not have what it takes
     */
    List<Expected> in(Scene scene);
  }

  @Override
  public Optional<String> whyNot(Scene scene) {
    try {
      make.in(scene.again());
      return Optional.empty();
    } catch (NoPlaceException e) {
      return Optional.of(e.getMessage());
    }
  }

  @Override
  public Tampering apply(Scene scene) {
    return scene.tampering(make.in(scene));
  }
}
