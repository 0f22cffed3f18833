package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.PatchSites;
import io.plumbline.introspection.golden.image.PatchSites.Alternative;
import io.plumbline.introspection.golden.image.PatchSites.JumpLabel;
import io.plumbline.introspection.golden.image.PatchSites.ParavirtSite;
import io.plumbline.introspection.golden.image.PatchSites.RuntimeConstant;
import io.plumbline.introspection.golden.image.PatchSites.StaticCall;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/** A module's patch sites and symbols in one guest, as offsets from the kernel's base. */
final class ModuleSites {
  /** What has no known place, or none that the rules can name: no text and no data lies there. */
  private static final int NOWHERE = Integer.MIN_VALUE;

  private static final String TEXT = ".text";

  private final PlacedModule placed;
  private final long kernelBase;

  /**
   * @param kernelBase address of the kernel's offset 0 in the guest
   */
  ModuleSites(PlacedModule placed, long kernelBase) {
    this.placed = placed;
    this.kernelBase = kernelBase;
  }

  private int offset(int place) {
    return offset(placed.addressOf(place));
  }

  private int offset(OptionalLong address) {
    long offset = address.orElse(0) - kernelBase;
    return address.isPresent() && offset == (int) offset ? (int) offset : NOWHERE;
  }

  private int[] offsets(int[] places) {
    return Arrays.stream(places).map(this::offset).filter(at -> at != NOWHERE).toArray();
  }

  PatchSites sites() {
    PatchSites sites = placed.image().sites();
    return new PatchSites(
        sites.alternatives().stream().map(this::alternative).toList(),
        offsets(locks(placed.image())),
        sites.paravirt().stream()
            .map(each -> new ParavirtSite(offset(each.site()), each.operation(), each.length()))
            .toList(),
        offsets(sites.retpolines()),
        offsets(sites.returns()),
        offsets(sites.callDepthCalls()),
        offsets(sites.branchTargetSeals()),
        sites.runtimeConstants().stream()
            .map(each -> new RuntimeConstant(each.variable(), offset(each.site()), each.bytes()))
            .toList(),
        sites.jumpLabels().stream()
            .map(
                each ->
                    new JumpLabel(
                        offset(each.code()),
                        offset(each.target()),
                        offset(each.key()),
                        each.branch()))
            .toList(),
        sites.staticCalls().stream()
            .map(
                each ->
                    new StaticCall(
                        offset(each.site()),
                        offset(placed.keyAddress(each.key())),
                        each.tail(),
                        each.init()))
            .toList(),
        offsets(sites.functionTraces()));
  }

  private Alternative alternative(Alternative each) {
    return new Alternative(
        offset(each.site()),
        offset(each.replacement()),
        each.feature(),
        each.whenAbsent(),
        each.directCall(),
        each.siteLength(),
        each.replacementLength());
  }

  /** Before 6.4 only the locks in .text are patched (module_finalize). */
  private static int[] locks(ModuleImage image) {
    if (!PlacedModule.isContiguous(image)) {
      return image.sites().smpLocks();
    }
    Optional<ImageSection> text =
        image.sections().stream().filter(each -> each.name().equals(TEXT)).findFirst();
    return Arrays.stream(image.sites().smpLocks())
        .filter(site -> text.isPresent() && text.get().holds(site))
        .toArray();
  }

  ImageSymbols symbols() {
    ImageSymbols symbols = placed.image().symbols();
    long[] offsets = new long[symbols.size()];
    long[] order = new long[symbols.size()];
    for (int i = 0; i < offsets.length; i++) {
      order[i] = (long) offset((int) symbols.offsets()[i]) << Integer.SIZE | i;
    }
    Arrays.sort(order);
    byte[] types = new byte[offsets.length];
    String[] names = new String[offsets.length];
    for (int i = 0; i < offsets.length; i++) {
      int from = (int) order[i];
      offsets[i] = order[i] >> Integer.SIZE;
      types[i] = symbols.types()[from];
      names[i] = symbols.names().get(from);
    }
    return new ImageSymbols(offsets, types, Arrays.asList(names));
  }
}
