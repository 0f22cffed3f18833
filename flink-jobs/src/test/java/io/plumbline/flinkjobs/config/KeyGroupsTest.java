package io.plumbline.flinkjobs.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How evenly Flink spreads a fleet over parallel instances with the default max parallelism. */
class KeyGroupsTest {
  private static final int GROUPS = Integer.parseInt(Setting.MAX_PARALLELISM.byDefault());
  private static final int VMS = 10_000;
  private static final List<IntFunction<String>> NAMES =
      List.of(
          vm -> "vm-" + vm,
          vm -> String.format("vm-%05d", vm),
          vm -> new UUID(0x9e3779b97f4a7c15L * (vm + 1), vm).toString(),
          vm -> "instance-" + Integer.toHexString(vm * 7919),
          vm -> "host" + vm / 40 + "/guest" + vm % 40);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 5, 8, 10, 16, 20, 32, 40, 50, 64, 100, 125, 200, 250, 500, 1000})
  void everyInstanceHasAsManyKeyGroupsAsAnyOther(int parallelism) {
    int[] groups = new int[parallelism];
    for (int group = 0; group < GROUPS; group++) {
      groups[KeyGroupRangeAssignment.computeOperatorIndexForKeyGroup(GROUPS, parallelism, group)]++;
    }
    assertThat(groups).containsOnly(GROUPS / parallelism);
  }

  /** As even as throwing dice for each VM would be, which no number of key groups improves. */
  @ParameterizedTest
  @CsvSource({"1, 1.0", "2, 1.04", "4, 1.06", "16, 1.15", "128, 1.5", "1000, 2.6"})
  void aFleetOfTenThousandIsSpreadAsEvenlyAsByDice(int parallelism, double most) {
    for (IntFunction<String> names : NAMES) {
      int[] vms = new int[parallelism];
      for (int vm = 0; vm < VMS; vm++) {
        String name = names.apply(vm);
        vms[KeyGroupRangeAssignment.assignKeyToParallelOperator(name, GROUPS, parallelism)]++;
      }
      assertThat(fullest(vms)).as("names like %s", names.apply(1)).isLessThanOrEqualTo(most);
    }
    Random dice = new Random(parallelism);
    int[] thrown = new int[parallelism];
    IntStream.range(0, VMS).forEach(vm -> thrown[dice.nextInt(parallelism)]++);
    assertThat(fullest(thrown)).as("dice").isLessThanOrEqualTo(most);
  }

  private static double fullest(int[] vms) {
    return Arrays.stream(vms).max().orElseThrow() / ((double) VMS / vms.length);
  }
}
