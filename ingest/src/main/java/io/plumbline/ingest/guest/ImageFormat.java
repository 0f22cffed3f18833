package io.plumbline.ingest.guest;

/** The kinds of guest image that are recognised by their content. */
public enum ImageFormat {
  QEMU_MIGRATION_STREAM("QEMU migration stream"),
  LIBVIRT_SAVE("libvirt save"),
  ELF_CORE("ELF core"),
  LIME("LiME"),
  RAW("raw");

  private final String title;

  ImageFormat(String title) {
    this.title = title;
  }

  /** As people write it. */
  public String title() {
    return title;
  }
}
