package io.plumbline.introspection.verify.image;

/** What comparison says about one 4 KiB page of the image. */
public enum PageVerdict {
  /** Every byte is what the image and the boot's facts demand. */
  GOLDEN,
  /** Data that the kernel writes while it boots; every word obeys its rule. */
  READ_ONLY_AFTER_INIT,
  /** At least one byte obeys no rule. */
  MODIFIED,
  /** Not mapped, or its frame cannot be read. */
  UNREADABLE
}
