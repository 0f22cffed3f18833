package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.golden.image.PatchSites.RuntimeConstant;
import io.plumbline.introspection.memory.PageBytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Constants that the kernel writes into its code once at boot (kernels since 6.11, {@code
 * arch/x86/include/asm/runtime-const.h}). All sites of one variable are alike, and equal to the
 * variable where it has a symbol.
 */
public final class RuntimeConstants {
  private static final long SHIFT_MASK = 0x3f;
  private static final String FUTEX_QUEUES = "__futex_queues";
  private static final int FUTEX_WORDS = 4;
  private static final int CACHE_WORDS = 32;

  /** Names of the slab caches that variables without a symbol point to. */
  private static final Map<String, String> CACHES =
      Map.of(
          "__dentry_cache", "dentry",
          "__names_cache", "names_cache",
          "__filp_cache", "filp",
          "__bfilp_cache", "bfilp");

  /**
   * The end of user space less a page (TASK_SIZE_MAX): a variable of the function that writes it in
   * 6.12 to 6.17 (arch/x86/kernel/cpu/common.c, arch_cpu_finalize_init).
   */
  private static final String USER_SPACE_END = "USER_PTR_MAX";

  private static final long END_4_LEVEL = (1L << 47) - 4096;
  private static final long END_5_LEVEL = (1L << 56) - 4096;

  /** X86_FEATURE_LA57, which is off where five-level paging is (cpufeatures.h). */
  private static final int FIVE_LEVEL_PAGING = 16 * Integer.SIZE + 16;

  private record Group(String variable, int bytes, int[] sites) {}

  private final List<Group> groups = new ArrayList<>();
  private final SiteIndex index;

  public RuntimeConstants(ImageLayout layout) {
    Map<String, List<RuntimeConstant>> byVariable = new TreeMap<>();
    for (RuntimeConstant constant : layout.sites().runtimeConstants()) {
      if (layout.placeOf(constant.site()) >= 0) {
        byVariable.computeIfAbsent(constant.variable(), v -> new ArrayList<>()).add(constant);
      }
    }
    byVariable.forEach(
        (variable, constants) ->
            groups.add(
                new Group(
                    variable,
                    constants.get(0).bytes(),
                    constants.stream().mapToInt(c -> layout.placeOf(c.site())).toArray())));
    int[] all = groups.stream().flatMapToInt(g -> java.util.Arrays.stream(g.sites)).toArray();
    Map<Integer, Integer> length = new HashMap<>();
    groups.forEach(g -> java.util.Arrays.stream(g.sites).forEach(s -> length.put(s, g.bytes)));
    index = SiteIndex.of("runtime constant", all, i -> length.get(all[i]));
  }

  SiteIndex index() {
    return index;
  }

  /**
   * Pages that hold a byte of a constant.
   *
   * @param textBytes of a guest; replacements lie behind
   */
  BitSet pages(int textBytes) {
    BitSet pages = new BitSet();
    for (Group group : groups) {
      for (int site : group.sites) {
        if (site < textBytes) {
          pages.set(site / PageBytes.SIZE, (site + group.bytes - 1) / PageBytes.SIZE + 1);
        }
      }
    }
    return pages;
  }

  /**
   * Writes the value that most sites of a variable have.
   *
   * @return the values by variable
   */
  public Map<String, Long> apply(Rewriting text, FeatureVector features) {
    Map<String, Long> values = new TreeMap<>();
    for (Group group : groups) {
      Map<Long, Integer> votes = new HashMap<>();
      for (int site : group.sites) {
        if (text.inGuest(site)) {
          byte[] guest = text.guest(site, site + group.bytes);
          votes.merge(read(guest, site, group.bytes), 1, Integer::sum);
        }
      }
      if (votes.isEmpty()) {
        continue;
      }
      long seen =
          votes.entrySet().stream()
              .max(
                  Comparator.<Map.Entry<Long, Integer>>comparingInt(Map.Entry::getValue)
                      .thenComparing(Map.Entry::getKey))
              .orElseThrow()
              .getKey();
      long value = legal(text, group, seen, features);
      values.put(group.variable, value);
      for (int site : group.sites) {
        write(text.expected(site, site + group.bytes), site, group.bytes, value);
      }
    }
    return values;
  }

  /** The variable's own value where it is known, else what the sites agree on. */
  private static long legal(Rewriting text, Group group, long seen, FeatureVector features) {
    String variable = group.variable.substring(group.variable.indexOf('_') + 1);
    OptionalLong at = text.layout().names().find(variable);
    if (at.isEmpty() && variable.equals(USER_SPACE_END)) {
      return features.has(FIVE_LEVEL_PAGING) ? END_5_LEVEL : END_4_LEVEL;
    }
    if (at.isEmpty()) {
      if (isFutexWord(text, variable, seen)
          || (variable.equals(FUTEX_QUEUES) && FutexQueues.liesAt(text, seen))
          || isCache(text, variable, seen)) {
        return seen;
      }
      text.blind("runtime constant " + variable + " has no symbol to compare with");
      return seen;
    }
    OptionalLong word = text.constantWord(at.getAsLong());
    if (word.isEmpty()) {
      text.unread("runtime constant " + variable + " cannot be read", at.getAsLong());
      return seen;
    }
    long value = word.getAsLong();
    return switch (group.bytes) {
      case 1 -> value & SHIFT_MASK;
      case 4 -> value & 0xffffffffL;
      default -> value;
    };
  }

  /** A member of {@code __futex_data}, whose members have no symbols (kernel/futex/core.c). */
  private static boolean isFutexWord(Rewriting text, String variable, long seen) {
    OptionalLong data = text.layout().names().find("__futex_data");
    boolean found = false;
    for (int i = 0; data.isPresent() && variable.startsWith("__futex") && i < FUTEX_WORDS; i++) {
      OptionalLong word = text.constantWord(data.getAsLong() + (long) i * Long.BYTES);
      found |= word.isPresent() && word.getAsLong() == seen;
    }
    return found;
  }

  /** A slab cache that has the expected name (struct kmem_cache of mm/slab.h, since 7.0). */
  private static boolean isCache(Rewriting text, String variable, long cache) {
    String name = CACHES.get(variable);
    for (int i = 0; name != null && i < CACHE_WORDS; i++) {
      OptionalLong pointer = text.constantWordAt(cache + (long) i * Long.BYTES);
      if (pointer.isEmpty()) {
        return false;
      }
      if (pointer.getAsLong() < 0 && reads(text, pointer.getAsLong(), name)) {
        return true;
      }
    }
    return false;
  }

  private static boolean reads(Rewriting text, long address, String name) {
    byte[] wanted = (name + "\0").getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < wanted.length; i++) {
      OptionalLong word = text.constantWordAt(address + i);
      if (word.isEmpty() || (byte) word.getAsLong() != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  private static long read(byte[] code, int at, int bytes) {
    return switch (bytes) {
      case 1 -> code[at] & 0xffL;
      case 4 -> Bytes.intAt(code, at) & 0xffffffffL;
      default -> Bytes.longAt(code, at);
    };
  }

  private static void write(byte[] code, int at, int bytes, long value) {
    switch (bytes) {
      case 1 -> code[at] = (byte) value;
      case 4 -> Bytes.putInt(code, at, (int) value);
      default -> Bytes.putLong(code, at, value);
    }
  }
}
