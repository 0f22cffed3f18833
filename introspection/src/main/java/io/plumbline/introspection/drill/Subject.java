package io.plumbline.introspection.drill;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.verify.image.ImageLibrary;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.image.Workspace;
import io.plumbline.introspection.verify.module.GuestModules;
import io.plumbline.introspection.verify.module.ModuleLibrary;

/**
 * A guest before anything was changed: where its kernel lies, what it holds, what it loaded. Shared
 * by all scenes of a drill; nothing in it is ever written.
 *
 * @param kernel as the guest's hardware state shows it
 * @param placed the build's image in the guest
 * @param seen what the guest's boot and its owner did to the image
 * @param modules that the guest has loaded
 * @param code text and read-only data of the kernel, in the layout's places
 */
record Subject(
    Guest guest,
    PackageSignature signature,
    GuestKernel kernel,
    PlacedImage placed,
    ImageVerification seen,
    GuestModules modules,
    byte[] code) {
  /**
   * Looks at a guest whose build is known.
   *
   * @param slide of the build in the guest
   */
  static Subject of(Guest guest, GuestKernel kernel, PackageSignature signature, long slide) {
    ImageVerifier verifier = ImageLibrary.ofThisProcess().verifier(signature);
    AddressSpace space = kernel.space();
    GuestModules modules =
        GuestModules.find(
            ModuleLibrary.ofThisProcess().index(signature, verifier.layout()),
            slide,
            space,
            kernel.executable());
    Workspace workspace = new Workspace();
    ImageVerification seen =
        verifier.verify(slide, space, guest.memory(), kernel.executable(), modules, workspace);
    return new Subject(
        guest,
        signature,
        kernel,
        new PlacedImage(verifier, slide),
        seen,
        modules,
        workspace.guest());
  }

  /** The best name for a place: the kernel's, else a module's, else the address. */
  String nameOf(long address) {
    return placed.holds(address)
        ? placed.nameOf(address)
        : modules.nameOf(address).orElseGet(() -> placed.nameOf(address));
  }
}
