package io.plumbline.cli.results;

import io.plumbline.cli.console.Colour;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.Table;
import java.util.List;
import java.util.Locale;

/** A result as lines for a person. */
public final class ResultLine {
  private static final int PATH_SHOWN = 6;

  private ResultLine() {}

  /** The lines of {@code result}; findings take several. */
  public static List<String> of(Result result, Console console) {
    if (result instanceof VmIdentity identity) {
      return List.of(head("identity", Colour.BOLD, identity, console) + identity(identity));
    } else if (result instanceof VmTrust trust) {
      return List.of(head("trust", Colour.BOLD, trust, console) + trust(trust, console));
    } else if (result instanceof VmCoverage coverage) {
      return List.of(head("coverage", Colour.DIM, coverage, console) + coverage(coverage));
    } else if (result instanceof VmFinding finding) {
      return finding(finding, console);
    } else if (result instanceof RefusedRecord refused) {
      return List.of(
          head("refused", Colour.YELLOW, refused, console) + Table.printable(refused.reason()));
    } else if (result instanceof ResyncWanted resync) {
      return List.of(
          head("resync", Colour.YELLOW, resync, console) + Table.printable(resync.reason()));
    }
    throw new IllegalStateException("no text for " + result.getClass());
  }

  private static String head(String kind, Colour colour, Result result, Console console) {
    String vm = Table.printable(result.vmId());
    return console.paint(colour, String.format("%-9s", kind)) + " " + vm + "  ";
  }

  private static String identity(VmIdentity identity) {
    if (identity.build().isEmpty()) {
      return "unknown build: " + Table.printable(identity.reason());
    }
    String name = identity.os().orElse("") + " " + identity.build().get();
    String version = identity.version().map(v -> " (" + v + ")").orElse("");
    String slide =
        identity.slide().isPresent() ? ", slide " + Hex.of(identity.slide().getAsLong()) : "";
    return Table.printable(name.strip() + version + ", " + identity.state() + slide);
  }

  private static String trust(VmTrust trust, Console console) {
    Colour colour =
        switch (trust.state()) {
          case "trusted" -> Colour.GREEN;
          case "violated" -> Colour.RED;
          default -> Colour.YELLOW;
        };
    String reasons = trust.reasons().isEmpty() ? "" : ": " + String.join("; ", trust.reasons());
    return console.paint(colour, trust.state()) + trust.remark() + Table.printable(reasons);
  }

  private static String coverage(VmCoverage coverage) {
    return String.format(
        Locale.ROOT,
        "%.1f %% of %d bytes of kernel text reached directly",
        coverage.directShare() * 100,
        coverage.textBytes());
  }

  private static List<String> finding(VmFinding finding, Console console) {
    String what = finding.severity() + " " + finding.type() + " at " + finding.place();
    if (!finding.open()) {
      return List.of(head("closed", Colour.GREEN, finding, console) + Table.printable(what));
    }
    String where =
        finding.symbol().isPresent() && finding.address().isPresent()
            ? " " + Hex.of(finding.address().getAsLong())
            : "";
    List<String> way = finding.path();
    String path =
        way.size() <= PATH_SHOWN
            ? String.join(" > ", way)
            : String.join(" > ", way.subList(0, PATH_SHOWN)) + " > ...";
    return List.of(
        head("ALERT", Colour.RED, finding, console) + Table.printable(what + where),
        "          expected  " + Table.printable(finding.expected()),
        "          actual    " + Table.printable(finding.actual()),
        "          path      " + Table.printable(path) + "  round " + finding.round());
  }
}
