package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.golden.image.PatchSites.ParavirtSite;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Indirect calls through {@code pv_ops} that become direct ones or the operation itself (kernels up
 * to 6.7, {@code arch/x86/kernel/paravirt.c}, paravirt_patch; the native forms of 5.10 {@code
 * paravirt_patch.c}). The table is the guest's data: each pointer that is used must lead to a
 * kernel function.
 */
public final class ParavirtCalls {
  /** Functions that 5.10 writes into the caller, by name ({@code paravirt_patch.c} of 5.10). */
  private static final Map<String, byte[]> INLINE =
      Map.ofEntries(
          inline("native_save_fl", "9c58"),
          inline("native_restore_fl", "579d"),
          inline("native_irq_disable", "fa"),
          inline("native_irq_enable", "fb"),
          inline("_paravirt_ident_64", "4889f8"),
          inline("__raw_callee_save___native_queued_spin_unlock", "c60700"),
          inline("__raw_callee_save___native_vcpu_is_preempted", "31c0"),
          inline("native_read_cr2", "0f20d0"),
          inline("__native_read_cr3", "0f20d8"),
          inline("native_write_cr3", "0f22df"),
          inline("native_wbinvd", "0f09"),
          inline("native_swapgs", "0f01f8"));

  private static final byte[] INDIRECT_JUMP = {(byte) 0xff, 0x25};

  private final List<ParavirtSite> sites;
  private final int[] places;
  private final SiteIndex index;
  private final long table;
  private final boolean inlines;

  public ParavirtCalls(ImageLayout layout) {
    sites =
        layout.sites().paravirt().stream()
            .filter(site -> layout.codePlaces(new int[] {site.site()}).length > 0)
            .toList();
    places = sites.stream().mapToInt(site -> layout.placeOf(site.site())).toArray();
    index = SiteIndex.of("paravirtual call", places, i -> sites.get(i).length());
    table = sites.isEmpty() ? 0 : layout.names().required("pv_ops");
    // paravirt_patch.c, which held the native forms, went in 5.13 together with this function.
    inlines = layout.names().find("native_patch").isPresent() || nativePatchWasFreed(layout);
  }

  /** native_patch is init text in some configurations; its data stays a symbol. */
  private static boolean nativePatchWasFreed(ImageLayout layout) {
    return layout.names().find("patch_data_xxl").isPresent()
        || layout.names().find("patch_data_lock").isPresent();
  }

  private static Map.Entry<String, byte[]> inline(String name, String hex) {
    return Map.entry(name, HexFormat.of().parseHex(hex));
  }

  SiteIndex index() {
    return index;
  }

  /** Rewrites every site. */
  public void apply(Rewriting text, NopFamily nops) {
    if (sites.isEmpty()) {
      return;
    }
    Map<Integer, Long> functions =
        sites.stream()
            .map(ParavirtSite::operation)
            .collect(Collectors.toCollection(TreeSet::new))
            .stream()
            .collect(
                Collectors.toMap(
                    operation -> operation,
                    operation ->
                        text.trustedFunction(
                            table + (long) operation * Long.BYTES,
                            "paravirtual operation " + operation)));
    ImageNames names = text.layout().names();
    byte[] code = text.expected();
    for (int i = 0; i < places.length; i++) {
      int place = places[i];
      int length = sites.get(i).length();
      int used = rewrite(text, names, place, functions.get(sites.get(i).operation()));
      nops.fill(code, place + used, length - used);
    }
  }

  private int rewrite(Rewriting text, ImageNames names, int place, long function) {
    byte[] code = text.expected();
    if (function == Rewriting.NO_FUNCTION) {
      code[place] = 0x0f; // ud2, paravirt_BUG
      code[place + 1] = 0x0b;
      return 2;
    }
    if (names.isNamed(function, "_paravirt_nop") || names.isNamed(function, "paravirt_nop")) {
      return 0;
    }
    if (inlines) {
      byte[] bytes = inlineOf(names, function);
      if (bytes.length > 0) {
        System.arraycopy(bytes, 0, code, place, bytes.length);
        return bytes.length;
      }
    }
    boolean jump = Arrays.equals(code, place, place + 2, INDIRECT_JUMP, 0, 2);
    text.putBranch(place, jump ? Rewriting.JUMP_32 : Rewriting.CALL, function);
    return Rewriting.CALL_BYTES;
  }

  private static byte[] inlineOf(ImageNames names, long function) {
    for (Map.Entry<String, byte[]> form : INLINE.entrySet()) {
      if (names.isNamed(function, form.getKey())) {
        return form.getValue();
      }
    }
    return new byte[0];
  }
}
