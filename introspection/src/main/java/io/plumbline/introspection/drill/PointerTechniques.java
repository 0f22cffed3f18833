package io.plumbline.introspection.drill;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.trust.FindingType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Ways to change what the kernel's data has it call. */
final class PointerTechniques {
  private static final String THEME = "pointers in data";

  /** struct exception_table_entry: where it faults, where it goes on, how. */
  private static final int FIXUP_AT = 4;

  private static final int MIDDLE_ENTRY = 100;
  private static final int EXCEPTION_ENTRY = 12;

  /** struct atomic_notifier_head: the chain follows its lock. */
  private static final int CHAIN_AT = 8;

  /** The list head and the pointer to the list in struct security_hook_list. */
  private static final int HOOK_AT = 24;

  private PointerTechniques() {}

  static List<Technique> all() {
    return List.of(
        made(
            "exception-table",
            "a fault in the kernel goes on in foreign code: a fixup of __ex_table is changed",
            PointerTechniques::exceptionTable),
        made(
            "file-operations",
            "a function of a read-only file_operations is foreign code",
            scene -> readOnly(scene, PointerTechniques::isFileOps, "file_operations")),
        made(
            "seq-operations",
            "a function of a read-only seq_operations is foreign code",
            scene -> readOnly(scene, name -> name.endsWith("_seq_ops"), "seq_operations")),
        made(
            "proto-ops",
            "a function of a socket family's read-only proto_ops is foreign code",
            scene -> readOnly(scene, PointerTechniques::isSocketOps, "proto_ops")),
        made(
            "writable-operations",
            "a function of a writable operations structure is foreign code",
            PointerTechniques::writable),
        made(
            "lsm-hook",
            "the function of a security module's hook is foreign code",
            PointerTechniques::securityHook),
        made(
            "lsm-list",
            "a list of security hooks begins with a forged entry in an attacker's data",
            PointerTechniques::securityList),
        made(
            "notifier-chain",
            "a notifier chain begins with a forged block in an attacker's data",
            PointerTechniques::notifier));
  }

  private static Technique made(String name, String how, MadeTechnique.Making make) {
    return new MadeTechnique(name, THEME, how, make);
  }

  private static List<Expected> exceptionTable(Scene scene) {
    long table = scene.code().required("__start___ex_table");
    if (scene.code().required("__stop___ex_table") - table <= MIDDLE_ENTRY * EXCEPTION_ENTRY) {
      throw new NoPlaceException("the exception table is short");
    }
    long fixup = table + MIDDLE_ENTRY * EXCEPTION_ENTRY + FIXUP_AT;
    scene.writeInt(fixup, Scene.distance(fixup, scene.payload()));
    // Data is told by words of eight bytes.
    long word = fixup & -Long.BYTES;
    return List.of(
        Expected.of(FindingType.UNEXPECTED_READ_ONLY_DATA_MODIFICATION, word, scene.nameOf(word)));
  }

  private static boolean isFileOps(String name) {
    return name.endsWith("_fops") || name.endsWith("_file_operations");
  }

  private static boolean isSocketOps(String name) {
    return name.equals("inet_stream_ops") || name.endsWith("_proto_ops");
  }

  private static List<Expected> readOnly(Scene scene, Predicate<String> named, String what) {
    int[] written = scene.placed().verifier().writtenAtBoot();
    Predicate<Integer> isReadOnly =
        offset -> {
          int place = scene.layout().placeOf(offset);
          return place >= scene.layout().textBytes()
              && place < scene.layout().verifiedBytes()
              && (place < written[0] || place >= written[1]);
        };
    long slot = slot(scene, named, isReadOnly, "no read-only " + what + " has a function");
    scene.writeLong(slot, scene.payload());
    return List.of(
        Expected.of(FindingType.UNEXPECTED_READ_ONLY_DATA_MODIFICATION, slot, scene.nameOf(slot)));
  }

  private static List<Expected> writable(Scene scene) {
    Predicate<Integer> isWritable =
        offset ->
            scene.layout().image().sectionAt(offset).map(ImageSection::writable).orElse(false)
                && scene.layout().placeOf(offset) < 0;
    return controlFlow(
        scene, slot(scene, "tcp_prot"::equals, isWritable, "tcp_prot is not writable"));
  }

  /** The place of a pointer is told, wherever it lies: that it leads to foreign code is wrong. */
  private static List<Expected> controlFlow(Scene scene, long slot) {
    scene.writeLong(slot, scene.payload());
    return List.of(
        Expected.of(FindingType.UNEXPECTED_CONTROL_FLOW_TARGET, slot, scene.nameOf(slot)));
  }

  /**
   * The first pointer to a function that the image has in a variable of that name, and the guest
   * too.
   *
   * @param in where it may lie, by offset
   */
  private static long slot(
      Scene scene, Predicate<String> named, Predicate<Integer> in, String whyNot) {
    ImageSymbols symbols = scene.layout().names().symbols();
    int[] pointers = scene.layout().image().relocations().absolute64();
    for (int i = 0; i < symbols.size(); i++) {
      if (named.test(symbols.names().get(i))) {
        Optional<Long> slot =
            slot(scene, symbols.offsets()[i], pointers, in)
                .map(offset -> scene.placed().addressOf(offset));
        if (slot.isPresent()) {
          return slot.get();
        }
      }
    }
    throw new NoPlaceException(whyNot);
  }

  private static Optional<Integer> slot(
      Scene scene, long start, int[] pointers, Predicate<Integer> in) {
    long end = scene.placed().offsetOf(scene.code().next(scene.placed().addressOf(start)));
    int first = Arrays.binarySearch(pointers, (int) start);
    for (int i = first < 0 ? -first - 1 : first; i < pointers.length && pointers[i] < end; i++) {
      long linked = scene.layout().imageLong(pointers[i]) + scene.placed().slide();
      if (in.test(pointers[i])
          && scene.code().isFunction(linked)
          && scene.readLong(scene.placed().addressOf(pointers[i])) == linked) {
        return Optional.of(pointers[i]);
      }
    }
    return Optional.empty();
  }

  private static List<Expected> securityHook(Scene scene) {
    int[] written = scene.placed().verifier().writtenAtBoot();
    Predicate<Integer> isWrittenAtBoot =
        offset -> {
          int place = scene.layout().placeOf(offset);
          return place >= written[0] && place < written[1];
        };
    return controlFlow(
        scene,
        slot(
            scene,
            name -> name.endsWith("_hooks"),
            isWrittenAtBoot,
            "no security module has hooks"));
  }

  private static List<Expected> securityList(Scene scene) {
    long heads = scene.code().required("security_hook_heads");
    long end = scene.code().next(heads);
    for (long head = heads; head < end; head += Long.BYTES) {
      long entry = scene.readLong(head);
      if (entry != 0) {
        long forged = scene.data(scene.read(entry, HOOK_AT + 2 * Long.BYTES));
        scene.writeLong(head, forged);
        return forged(scene, head, forged, HOOK_AT);
      }
    }
    throw new NoPlaceException("no security module has hooks");
  }

  /** The pointer in what a variable leads to by now is told by the variable. */
  private static List<Expected> forged(Scene scene, long variable, long object, int field) {
    scene.writeLong(object + field, scene.payload());
    String symbol = String.format("%s->+0x%x", scene.nameOf(variable), field);
    return List.of(Expected.of(FindingType.UNEXPECTED_CONTROL_FLOW_TARGET, object + field, symbol));
  }

  private static List<Expected> notifier(Scene scene) {
    long chain = scene.code().required("panic_notifier_list") + CHAIN_AT;
    long block = scene.data();
    scene.writeLong(block + Long.BYTES, scene.readLong(chain));
    scene.writeLong(chain, block);
    // struct notifier_block begins with what is called.
    return forged(scene, chain, block, 0);
  }
}
