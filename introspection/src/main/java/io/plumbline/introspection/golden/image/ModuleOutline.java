package io.plumbline.introspection.golden.image;

/**
 * What is kept at hand of each module of a build, to find it in a guest.
 *
 * @param name as the kernel lists it
 * @param textBytes bytes of its code, not rounded
 * @param alike index of the first module with the same code but for what is patched and linked; its
 *     own if there is none before it
 * @param anchors digests of windows of its code that hardly any other module has; empty if it has
 *     none, or is like another
 * @param anchorPages page of its code that the window at the same index lies in
 */
public record ModuleOutline(
    String name, int textBytes, int alike, long[] anchors, int[] anchorPages) {
  public ModuleOutline {
    if (anchors.length != anchorPages.length) {
      throw new IllegalArgumentException(
          String.format(
              "module %s: expected a page for each of %d anchors, found %d",
              name, anchors.length, anchorPages.length));
    }
  }
}
