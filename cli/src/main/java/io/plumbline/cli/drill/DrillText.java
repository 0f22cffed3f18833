package io.plumbline.cli.drill;

import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.Table;
import io.plumbline.introspection.drill.DrillRow;
import io.plumbline.introspection.drill.Expected;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.trust.Finding;
import java.util.ArrayList;
import java.util.List;

/** What {@code drill} tells a person. */
public final class DrillText {
  private DrillText() {}

  /** A line for each technique, and how many were found. */
  public static void print(DrillReport report, Console console) {
    console.line(title(report));
    Table table = new Table("technique", "result", "reported");
    for (DrillRow row : report.rows()) {
      table.row(row.technique().name(), result(row), String.join("; ", reported(row)));
    }
    console.table(table);
    console.line(summary(report));
  }

  /** The same as a Markdown table. */
  public static void printMarkdown(DrillReport report, Console console) {
    console.line("## " + cell(title(report)));
    console.line("");
    console.line("| technique | how it is made | result | reported |");
    console.line("|---|---|---|---|");
    for (DrillRow row : report.rows()) {
      console.line(
          String.format(
              "| %s | %s | %s | %s |",
              row.technique().name(),
              row.technique().how(),
              result(row),
              String.join("<br>", reported(row).stream().map(DrillText::cell).toList())));
    }
    console.line("");
    console.line(cell(summary(report)));
  }

  /** Names out of a guest must not end a cell. */
  private static String cell(String text) {
    return Table.printable(text).replace("|", "\\|").replace("<", "&lt;");
  }

  private static String title(DrillReport report) {
    String build =
        report.baseline().identity().build().map(BuildName::build).orElse("an unknown build");
    return report.vm()
        + ": "
        + build
        + ", "
        + report.baseline().trust().wireName()
        + " before, with "
        + report.baseline().findings().size()
        + " findings that do not count";
  }

  private static String summary(DrillReport report) {
    return String.format(
        "%d techniques found, %d missed, %d with something else reported, %d not for this guest",
        report.found(), report.missed(), report.withExtra(), report.notApplicable());
  }

  private static String result(DrillRow row) {
    if (!row.applicable()) {
      return "not here";
    }
    if (row.missed().isEmpty()) {
      return row.extra().isEmpty() ? "found" : "found, and more";
    }
    return row.found().isEmpty() ? "missed" : "missed in part";
  }

  private static List<String> reported(DrillRow row) {
    List<String> lines = new ArrayList<>();
    row.whyNot().ifPresent(lines::add);
    for (Finding finding : row.found()) {
      lines.add(finding.type().wireName() + " " + finding.symbol());
    }
    if (!row.consequences().isEmpty()) {
      lines.add("pointers that lead there: " + row.consequences().size());
    }
    for (Expected expected : row.missed()) {
      lines.add("missed: " + expected.type().wireName() + " " + expected.symbol());
    }
    for (Finding finding : row.extra()) {
      lines.add("not expected: " + finding.type().wireName() + " " + finding.symbol());
    }
    return lines;
  }
}
