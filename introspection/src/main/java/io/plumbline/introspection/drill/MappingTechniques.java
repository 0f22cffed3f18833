package io.plumbline.introspection.drill;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.verify.image.DirectMap;
import io.plumbline.introspection.verify.image.PlacedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Ways to change what a page is, and not what it holds. */
final class MappingTechniques {
  private static final String THEME = "page tables";
  private static final int PAGE = PageBytes.SIZE;

  /** A function whose page is taken. */
  private static final String FUNCTION = "do_syscall_64";

  /** A variable that is written, whose page is taken. */
  private static final String VARIABLE = "init_task";

  /** Where programs that do not move are linked. */
  private static final long PROGRAM = 0x400000;

  private static final byte[] RETURN = {(byte) 0xc3};

  private MappingTechniques() {}

  static List<Technique> all() {
    return List.of(
        made(
            "text-writable",
            "a page of the kernel's text can be written where it is run",
            MappingTechniques::writableText),
        made(
            "data-executable",
            "a page of the kernel's data can be run",
            MappingTechniques::executableData),
        made(
            "user-page-as-supervisor",
            "a page of the user's half is code of ring 0: its U/S bit is clear",
            MappingTechniques::userPage),
        made(
            "text-remapped",
            "a page of the text is mapped to a changed copy",
            MappingTechniques::remapped),
        made(
            "direct-map-alias",
            "the direct map shows a page of the text in another frame",
            MappingTechniques::alias));
  }

  private static Technique made(String name, String how, MadeTechnique.Making make) {
    return new MadeTechnique(name, THEME, how, make);
  }

  private static long pageOf(Scene scene, String symbol) {
    return scene.code().required(symbol) & -PAGE;
  }

  private static Expected told(Scene scene, long page) {
    return Expected.of(FindingType.UNEXPECTED_PAGE_MAPPING, page, scene.nameOf(page));
  }

  private static List<Expected> writableText(Scene scene) {
    long page = pageOf(scene, FUNCTION);
    scene.tables().edit(page, entry -> entry | PageTables.WRITABLE);
    scene.tables().editTables(page, entry -> entry | PageTables.WRITABLE);
    return List.of(told(scene, page));
  }

  private static List<Expected> executableData(Scene scene) {
    long page = pageOf(scene, VARIABLE);
    scene.tables().edit(page, entry -> entry & ~PageTables.NO_EXECUTE);
    return List.of(told(scene, page));
  }

  private static List<Expected> userPage(Scene scene) {
    OptionalLong found = scene.tables().userPage();
    long page = found.orElse(PROGRAM);
    if (found.isEmpty()) {
      // Stopped on the kernel's own tables, which show no process: the page is the attacker's.
      scene.tables().map(page, scene.frame(RETURN), 0);
    }
    scene.tables().edit(page, entry -> entry & ~PageTables.NO_EXECUTE & ~PageTables.USER);
    // Isolated tables forbid the kernel to run any user page.
    scene.tables().editTables(page, entry -> entry & ~PageTables.NO_EXECUTE);
    return List.of(told(scene, page));
  }

  private static FrameNumber copyOf(Scene scene, long page) {
    return scene.frame(scene.read(page, PAGE));
  }

  private static void remap(Scene scene, long page, FrameNumber to) {
    scene.tables().edit(page, entry -> (entry & ~PageTables.ADDRESS) | to.start().value());
  }

  private static List<Expected> remapped(Scene scene) {
    long function = scene.code().required(FUNCTION);
    long page = function & -PAGE;
    remap(scene, page, copyOf(scene, page));
    List<Expected> expected = new ArrayList<>(List.of(told(scene, page)));
    // The function returns at once.
    expected.add(scene.changeCode(function, RETURN));
    return expected;
  }

  private static List<Expected> alias(Scene scene) {
    long page = pageOf(scene, FUNCTION);
    PlacedImage placed = scene.placed();
    long directMap =
        DirectMap.start(
            placed.verifier().layout(),
            placed.addressOf(0),
            scene.subject().kernel().space().mode(),
            scene::pointerAt);
    long alias = directMap + scene.physical(page).value();
    if (scene.physical(alias).value() != scene.physical(page).value()) {
      throw new NoPlaceException("the direct map does not show the text");
    }
    remap(scene, alias, copyOf(scene, page));
    return List.of(told(scene, page));
  }
}
