package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.reach.CodeRegion;
import io.plumbline.introspection.reach.GatedExploration;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.image.StandingVerification;
import java.util.BitSet;

/** Which code of a guest is as it must be: the image's byte by byte, and what others verified. */
final class CodeTrust implements GatedExploration.Gate {
  private final KernelWithModules named;
  private final PlacedImage placed;
  private final OtherExecutables others;
  private final StandingVerification verified;
  private BitSet otherPages;

  /**
   * @param verified the image
   */
  CodeTrust(KernelWithModules named, OtherExecutables others, StandingVerification verified) {
    this.named = named;
    this.placed = named.kernel();
    this.others = others;
    this.verified = verified;
    renew();
  }

  /** Takes in that the image was verified again. */
  void renew() {
    otherPages = verified.otherPages();
  }

  @Override
  public boolean admits(CodeRegion region, int offset, int length) {
    return admits(region.start() + offset, length);
  }

  @Override
  public boolean admitsAll(CodeRegion region, int offset, int length) {
    long address = region.start() + offset;
    return placed.contains(address) && admits(address, length);
  }

  /** Whether {@code length} bytes of code at {@code address}, at least one, are as they must be. */
  boolean admits(long address, int length) {
    int bytes = Math.max(1, length);
    if (!placed.contains(address)) {
      return others.isVerified(address, bytes);
    }
    return placed.contains(address + bytes - 1) && explains((int) placed.offsetOf(address), bytes);
  }

  /** Most pages are as they must be, and every instruction is asked for. */
  private boolean explains(int place, int length) {
    int page = otherPages.nextSetBit(place / PageBytes.SIZE);
    return page < 0
        || page > (place + length - 1) / PageBytes.SIZE
        || verified.explains(place, length);
  }

  /** Whether a function begins at {@code address} whose first byte is as it must be. */
  boolean isTrustedFunction(long address) {
    return isFunction(address) && admits(address, 1);
  }

  /** Whether a function of the image or of a module begins at {@code address}. */
  private boolean isFunction(long address) {
    return placed.contains(address)
        ? placed.verifier().layout().names().isEntry(placed.offsetOf(address))
        : named.modules().isFunction(address);
  }
}
