package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.PageSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A guest that nobody would boot, made from a valid one and a seed.
 *
 * @param template the name of the valid one
 * @param hostilities what was done to it, in this order
 */
record HostileGuest(
    long seed,
    String template,
    List<Hostility> hostilities,
    PageSource memory,
    List<VcpuState> vcpus) {
  private static final List<GuestTemplate> TEMPLATES = GuestTemplate.all();
  private static final int MOST_HOSTILITIES = 5;

  private static final List<Hostility> LABORIOUS =
      List.of(
          HostileTables.LARGE_PAGES,
          HostileTables.EVERY_ENTRY_ONE_TABLE,
          HostileTables.SCATTERED_EVERYWHERE);

  /** The guest of a seed, always the same. */
  static HostileGuest of(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    GuestTemplate template = one(TEMPLATES, random);
    int count = 1 + random.nextInt(MOST_HOSTILITIES);
    List<Hostility> chosen = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chosen.add(one(Hostility.ALL, random));
    }
    return of(seed, template, chosen, random);
  }

  /**
   * A guest of a seed that is made to be as much work as a guest can be: gigabytes of executable
   * memory that is full of instructions, an entry for every vector, and data that looks like more.
   */
  static HostileGuest laborious(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    GuestTemplate template = TEMPLATES.get(Math.floorMod(seed, TEMPLATES.size()));
    Hostility code = one(List.of(HostileCode.values()), random);
    Hostility data = one(List.of(HostileData.values()), random);
    Hostility tables = one(LABORIOUS, random);
    List<Hostility> all =
        List.of(code, code, tables, HostileDescriptors.IDT_FULL, data, HostileTables.MORE_MEMORY);
    return of(seed, template, all, random);
  }

  private static <T> T one(List<? extends T> of, SplittableRandom random) {
    return of.get(random.nextInt(of.size()));
  }

  private static HostileGuest of(
      long seed, GuestTemplate template, List<Hostility> hostilities, SplittableRandom random) {
    Canvas canvas = new Canvas(template, random);
    hostilities.forEach(each -> each.apply(canvas));
    return new HostileGuest(
        seed,
        template.name(),
        hostilities,
        canvas.memory,
        canvas.vcpus.stream().map(HostileRegisters::state).toList());
  }

  @Override
  public String toString() {
    return "seed " + seed + " (" + template + ", " + hostilities + ")";
  }
}
