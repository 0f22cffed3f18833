package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Everything that a fixpoint tells. */
record Told(
    Map<ReachStep, Fixpoint.Reached> reached,
    Map<ReachStep, Long> bytes,
    List<Fixpoint.Stray> strays,
    List<List<Long>> refusals,
    Map<Long, List<GuestVirtualAddress>> paths) {
  static Told of(Fixpoint fixpoint, List<Long> places) {
    Map<Long, List<GuestVirtualAddress>> paths = new HashMap<>();
    places.forEach(place -> paths.put(place, fixpoint.pathTo(place)));
    places.forEach(place -> paths.put(place + 1, fixpoint.pathToTable(place)));
    return new Told(
        fixpoint.reached(),
        fixpoint.bytesByStep(),
        fixpoint.strays(),
        fixpoint.refusals().stream()
            .map(each -> List.of(each.address(), (long) each.length(), each.function()))
            .toList(),
        paths);
  }

  /** By law this is what an exploration of the same guest tells. */
  void isThatOf(Told expected, String when) {
    assertThat(reached).as(when).isEqualTo(expected.reached);
    assertThat(bytes).as(when).isEqualTo(expected.bytes);
    assertThat(strays).as(when).isEqualTo(expected.strays);
    assertThat(refusals).as(when).isEqualTo(expected.refusals);
    expected.paths.forEach(
        (place, path) -> assertThat(paths.get(place)).as("%s, to %x", when, place).isEqualTo(path));
  }
}
