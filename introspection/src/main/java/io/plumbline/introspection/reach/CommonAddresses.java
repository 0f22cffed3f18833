package io.plumbline.introspection.reach;

/**
 * Linear addresses that guests of one build have in common, but for how far they were moved: the
 * image's, and those of the data of the vCPU that the guest is seen through.
 *
 * @param image where the image begins
 * @param imageBytes how far it goes
 * @param processor where the vCPU's data begins, 0 if that is not known
 */
record CommonAddresses(long image, long imageBytes, long processor) {
  /** What kernels keep for each processor, with some room: pages there may be others'. */
  private static final long PROCESSOR_BYTES = 1 << 18;

  private static final long NOWHERE = -1;

  boolean has(long address) {
    return placeOf(address) >= 0;
  }

  /** Whether the image has an address. */
  boolean isOfImage(long address) {
    return address - image >= 0 && address - image < imageBytes;
  }

  /** Where an address lies among these, wherever they are in the guest; negative if it does not. */
  long placeOf(long address) {
    if (isOfImage(address)) {
      return address - image;
    }
    long own = address - processor;
    return processor != 0 && own >= 0 && own < PROCESSOR_BYTES ? imageBytes + own : NOWHERE;
  }

  /** The inverse of {@link #placeOf}. */
  long addressOf(long place) {
    return place < imageBytes ? image + place : processor + (place - imageBytes);
  }

  /** The address that lies at {@link #placeOf} in another guest. */
  long in(CommonAddresses other, long address) {
    return isOfImage(address)
        ? other.image + (address - image)
        : other.processor + (address - processor);
  }

  /** Whether addresses of the one are those of the other, moved. */
  boolean isLike(CommonAddresses other) {
    return imageBytes == other.imageBytes
        && (processor == 0) == (other.processor == 0)
        && isApart()
        && other.isApart();
  }

  /** Whether a place among these is an {@code int}: an image takes no more of the address space. */
  boolean areFew() {
    return imageBytes <= Integer.MAX_VALUE - PROCESSOR_BYTES;
  }

  private boolean isApart() {
    return processor == 0
        || (Long.compareUnsigned(processor - image, imageBytes) >= 0
            && Long.compareUnsigned(image - processor, PROCESSOR_BYTES) >= 0);
  }
}
