package io.plumbline.introspection.memory;

/**
 * A page delta is malformed or does not fit the page it is applied to. The message names the frame,
 * what was expected and what was found.
 */
public final class PageDeltaException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A refusal with its reason. */
  public PageDeltaException(FrameNumber frame, String reason) {
    super("page delta of frame " + frame + ": " + reason);
  }
}
