package io.plumbline.flinkjobs.state;

/** How a page change's payload yields the page. */
public enum PageForm {
  /** The payload is the page. */
  FULL,
  /** The payload is empty, the page is zeros. */
  ZERO,
  /** The payload is runs of new bytes over the previous content. */
  PATCH
}
