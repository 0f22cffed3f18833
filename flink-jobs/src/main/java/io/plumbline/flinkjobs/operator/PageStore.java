package io.plumbline.flinkjobs.operator;

/** Pages of one VM by the number of their {@link PageBlock}, in one of the {@link PageForms}. */
interface PageStore {
  /** What is kept of a block; null if nothing is. */
  byte[] get(long block);

  /**
   * @param stored nobody changes it any more
   */
  void keep(long block, byte[] stored);

  void drop(long block);
}
