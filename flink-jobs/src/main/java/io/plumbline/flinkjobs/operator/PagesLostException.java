package io.plumbline.flinkjobs.operator;

/**
 * Pages of a VM can no longer be told from what is kept of them, so that the collector has to say
 * them again. Unchecked, because the core reads pages through a port that knows no such thing.
 */
final class PagesLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what cannot be told, what was expected and what was found, in one line
   */
  PagesLostException(String message) {
    super(message);
  }
}
