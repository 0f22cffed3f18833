package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.image.PatchSites;
import io.plumbline.introspection.golden.image.PatchSites.Alternative;
import io.plumbline.introspection.golden.image.PatchSites.JumpLabel;
import io.plumbline.introspection.golden.image.PatchSites.ParavirtSite;
import io.plumbline.introspection.golden.image.PatchSites.RuntimeConstant;
import io.plumbline.introspection.golden.image.PatchSites.StaticCall;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The tables of a kernel's patch sites. Each column of a table stands for itself, because what lies
 * near in a table lies near in the code.
 */
final class SiteSections {
  private static final int MOST_SITES = 4_000_000;
  private static final int LONGEST_VARIABLE = 1024;

  private SiteSections() {}

  static byte[] write(PatchSites sites) {
    return write(sites, TableSites.NONE);
  }

  /**
   * @param known lists that other parts of the file tell
   */
  static byte[] write(PatchSites sites, TableSites known) {
    ByteSink to = new ByteSink();
    List<Alternative> alternatives = sites.alternatives();
    column(to, alternatives, Alternative::site);
    column(to, alternatives, Alternative::replacement);
    column(to, alternatives, Alternative::feature);
    column(to, alternatives, each -> bits(each.whenAbsent(), each.directCall()));
    column(to, alternatives, Alternative::siteLength);
    column(to, alternatives, Alternative::replacementLength);
    known.write(to, TableSites.Table.SMP_LOCKS, sites.smpLocks());
    column(to, sites.paravirt(), ParavirtSite::site);
    column(to, sites.paravirt(), ParavirtSite::operation);
    column(to, sites.paravirt(), ParavirtSite::length);
    known.write(to, TableSites.Table.RETPOLINES, sites.retpolines());
    known.write(to, TableSites.Table.RETURNS, sites.returns());
    known.write(to, TableSites.Table.CALLS, sites.callDepthCalls());
    known.write(to, TableSites.Table.SEALS, sites.branchTargetSeals());
    column(to, sites.runtimeConstants(), RuntimeConstant::site);
    column(to, sites.runtimeConstants(), RuntimeConstant::bytes);
    sites.runtimeConstants().forEach(each -> to.text(each.variable()));
    column(to, sites.jumpLabels(), JumpLabel::code);
    column(to, sites.jumpLabels(), JumpLabel::target);
    column(to, sites.jumpLabels(), JumpLabel::key);
    column(to, sites.jumpLabels(), each -> bits(each.branch(), false));
    column(to, sites.staticCalls(), StaticCall::site);
    column(to, sites.staticCalls(), StaticCall::key);
    column(to, sites.staticCalls(), each -> bits(each.tail(), each.init()));
    known.write(to, TableSites.Table.TRACES, sites.functionTraces());
    return to.toByteArray();
  }

  static PatchSites read(ByteSource from) throws SignatureException {
    PatchSites sites = read(from, TableSites.NONE);
    from.end();
    return sites;
  }

  /**
   * @param known lists that other parts of the file tell
   */
  static PatchSites read(ByteSource from, TableSites known) throws SignatureException {
    List<Alternative> alternatives = alternatives(from);
    int[] smpLocks = known.read(from, TableSites.Table.SMP_LOCKS, "SMP locks", MOST_SITES);
    List<ParavirtSite> paravirt = paravirt(from);
    int[] retpolines = known.read(from, TableSites.Table.RETPOLINES, "retpolines", MOST_SITES);
    int[] returns = known.read(from, TableSites.Table.RETURNS, "returns", MOST_SITES);
    int[] calls = known.read(from, TableSites.Table.CALLS, "call-depth calls", MOST_SITES);
    int[] seals = known.read(from, TableSites.Table.SEALS, "branch-target seals", MOST_SITES);
    List<RuntimeConstant> constants = constants(from);
    List<JumpLabel> jumpLabels = jumpLabels(from);
    List<StaticCall> staticCalls = staticCalls(from);
    int[] traces = known.read(from, TableSites.Table.TRACES, "function traces", MOST_SITES);
    return new PatchSites(
        alternatives,
        smpLocks,
        paravirt,
        retpolines,
        returns,
        calls,
        seals,
        constants,
        jumpLabels,
        staticCalls,
        traces);
  }

  private static List<Alternative> alternatives(ByteSource from) throws SignatureException {
    int[][] table = columns(from, "alternatives", 6);
    List<Alternative> alternatives = new ArrayList<>(table[0].length);
    for (int i = 0; i < table[0].length; i++) {
      int bits = table[3][i];
      alternatives.add(
          new Alternative(
              table[0][i],
              table[1][i],
              table[2][i],
              (bits & 1) != 0,
              (bits & 2) != 0,
              table[4][i],
              table[5][i]));
    }
    return alternatives;
  }

  private static List<ParavirtSite> paravirt(ByteSource from) throws SignatureException {
    int[][] table = columns(from, "paravirt sites", 3);
    List<ParavirtSite> sites = new ArrayList<>(table[0].length);
    for (int i = 0; i < table[0].length; i++) {
      sites.add(new ParavirtSite(table[0][i], table[1][i], table[2][i]));
    }
    return sites;
  }

  private static List<RuntimeConstant> constants(ByteSource from) throws SignatureException {
    int[][] table = columns(from, "run-time constants", 2);
    List<RuntimeConstant> constants = new ArrayList<>(table[0].length);
    for (int i = 0; i < table[0].length; i++) {
      String variable = from.text("variable of a run-time constant", LONGEST_VARIABLE);
      constants.add(new RuntimeConstant(variable, table[0][i], table[1][i]));
    }
    return constants;
  }

  private static List<JumpLabel> jumpLabels(ByteSource from) throws SignatureException {
    int[][] table = columns(from, "jump labels", 4);
    List<JumpLabel> labels = new ArrayList<>(table[0].length);
    for (int i = 0; i < table[0].length; i++) {
      labels.add(new JumpLabel(table[0][i], table[1][i], table[2][i], (table[3][i] & 1) != 0));
    }
    return labels;
  }

  private static List<StaticCall> staticCalls(ByteSource from) throws SignatureException {
    int[][] table = columns(from, "static calls", 3);
    List<StaticCall> calls = new ArrayList<>(table[0].length);
    for (int i = 0; i < table[0].length; i++) {
      int bits = table[2][i];
      calls.add(new StaticCall(table[0][i], table[1][i], (bits & 1) != 0, (bits & 2) != 0));
    }
    return calls;
  }

  private static <T> void column(ByteSink to, List<T> rows, ToIntFunction<T> value) {
    to.steps(rows.stream().mapToInt(value).toArray());
  }

  private static int[][] columns(ByteSource from, String what, int count)
      throws SignatureException {
    int[][] columns = new int[count][];
    for (int i = 0; i < count; i++) {
      int at = from.position();
      columns[i] = from.steps(what, MOST_SITES);
      if (columns[i].length != columns[0].length) {
        throw from.refuse(at, "column of " + what, columns[0].length + " rows", columns[i].length);
      }
    }
    return columns;
  }

  private static int bits(boolean first, boolean second) {
    return (first ? 1 : 0) | (second ? 2 : 0);
  }
}
