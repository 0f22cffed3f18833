package io.plumbline.signaturestore.extract;

/** No banner in a guest's memory, or several of equal right: somebody must name the build. */
public final class BannerException extends Exception {
  private static final long serialVersionUID = 1L;

  public BannerException(String message) {
    super(message);
  }
}
