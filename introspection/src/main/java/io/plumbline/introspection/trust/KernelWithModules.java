package io.plumbline.introspection.trust;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.verify.NamedCode;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.module.GuestModules;
import java.util.Optional;

/**
 * A package's image where one guest has it, with names for the code of the modules that it loaded.
 *
 * @param kernel whose code is the build's
 * @param modules found in the guest
 */
record KernelWithModules(PlacedImage kernel, GuestModules modules) implements NamedCode {
  @Override
  public CodeMode mode() {
    return kernel.mode();
  }

  @Override
  public long offsetOf(long address) {
    return kernel.offsetOf(address);
  }

  @Override
  public long addressOf(long offset) {
    return kernel.addressOf(offset);
  }

  @Override
  public String nameOf(long address) {
    return kernel.holds(address)
        ? kernel.nameOf(address)
        : modules.nameOf(address).orElseGet(() -> kernel.nameOf(address));
  }

  @Override
  public boolean contains(long address) {
    return kernel.contains(address);
  }

  @Override
  public Optional<String> ownerOf(long address) {
    return contains(address) ? Optional.of(KERNEL) : modules.moduleOf(address);
  }
}
