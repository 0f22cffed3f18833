package io.plumbline.introspection.drill;

/**
 * A guest does not have what a technique needs; the message says what. It never leaves the drill: a
 * technique tells it as the reason why it is not for this guest.
 */
final class NoPlaceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NoPlaceException(String message) {
    super(message);
  }
}
