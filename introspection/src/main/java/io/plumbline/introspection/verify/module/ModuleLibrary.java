package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.lang.ref.SoftReference;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * What finds the modules of builds, one copy for all judges of a process. It can be made again, and
 * is given back when memory is short.
 */
public final class ModuleLibrary {
  private static final ModuleLibrary OF_THIS_PROCESS = new ModuleLibrary();

  private final Map<ModuleBook, SoftReference<ModuleIndex>> known = new WeakHashMap<>();

  /** The one that all judges of this process share. */
  public static ModuleLibrary ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /**
   * What finds the modules of a build; others wait rather than make it too.
   *
   * @param kernel the layout of the build's image
   */
  public synchronized ModuleIndex index(PackageSignature signature, ImageLayout kernel) {
    ModuleBook book = signature.modules();
    SoftReference<ModuleIndex> found = known.get(book);
    ModuleIndex index = found == null ? null : found.get();
    if (index == null) {
      index = new ModuleIndex(book, kernel);
      known.put(book, new SoftReference<>(index));
    }
    return index;
  }
}
