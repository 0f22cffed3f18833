package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.Kept;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * What finds the modules of builds, one copy for all judges of a process. It can be made again, and
 * is given back when memory is short.
 */
public final class ModuleLibrary {
  private static final ModuleLibrary OF_THIS_PROCESS = new ModuleLibrary();

  private final Map<ModuleBook, Kept<ModuleIndex>> known = new WeakHashMap<>();

  /** The one that all judges of this process share. */
  public static ModuleLibrary ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /**
   * What finds the modules of a build; others that want it wait rather than make it too.
   *
   * @param kernel the layout of the build's image
   */
  public ModuleIndex index(PackageSignature signature, ImageLayout kernel) {
    ModuleBook book = signature.modules();
    return place(book).get(() -> new ModuleIndex(book, kernel));
  }

  private synchronized Kept<ModuleIndex> place(ModuleBook book) {
    return known.computeIfAbsent(book, any -> new Kept<>());
  }
}
