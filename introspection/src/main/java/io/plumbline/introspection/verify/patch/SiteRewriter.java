package io.plumbline.introspection.verify.patch;

/** Rewrites one site of a text that stands. */
@FunctionalInterface
interface SiteRewriter {
  /**
   * Runs {@code put}, which writes the site.
   *
   * @param from place of the site
   * @param to the place after it
   * @return whether it is known what that changes besides
   */
  boolean rewrite(int from, int to, Runnable put);
}
