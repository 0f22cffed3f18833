package io.plumbline.introspection.golden.image;

import java.util.List;

/**
 * The modules of one build, as its package holds them. One copy serves all guests of a process, so
 * the outlines are small and an image is unpacked only when it is asked for.
 */
public interface ModuleBook {
  /** A build without known modules. */
  ModuleBook NONE =
      new ModuleBook() {
        @Override
        public List<ModuleOutline> outlines() {
          return List.of();
        }

        @Override
        public ModuleImage image(int index) {
          throw new IndexOutOfBoundsException("no module " + index + " in a book of none");
        }
      };

  /** Every module. */
  List<ModuleOutline> outlines();

  /**
   * The module at an index of {@link #outlines}.
   *
   * @throws IllegalStateException if it cannot be unpacked
   */
  ModuleImage image(int index);
}
