package io.plumbline.cli.verdict;

import io.plumbline.cli.console.Colour;
import io.plumbline.cli.console.Console;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.results.Hex;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.trust.Coverage;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.TrustState;
import java.util.Locale;

/** What {@code verify} and {@code identify} tell a person. */
public final class VerdictText {
  private VerdictText() {}

  /** The verdict, its findings last. */
  public static void print(Judged judged, Console console) {
    Table table = new Table("VM", judged.vm());
    double mebibytes = judged.memoryBytes() / (double) (1 << 20);
    table.row("image", format("%s, %.0f MiB, %d vCPU", judged.format(), mebibytes, judged.cpus()));
    addIdentity(table, judged.verdict().identity());
    addCoverage(table, judged.verdict().coverage());
    console.table(table);
    console.line("trust  " + trust(judged.verdict().trust(), console));
    judged.missing().forEach(lack -> console.line("missing  " + Table.printable(lack)));
    judged.verdict().blindSpots().forEach(s -> console.line("not seen  " + Table.printable(s)));
    judged.verdict().findings().forEach(finding -> print(finding, console));
  }

  /** The identity alone. */
  public static void print(Identity identity, Console console) {
    Table table = new Table("identity", identity.state().wireName());
    addIdentity(table, identity);
    console.table(table);
  }

  private static void addIdentity(Table table, Identity identity) {
    table.row("build", build(identity));
    table.row("signature", identity.signature().map(SignatureId::value).orElse("none"));
    table.row("named by", "IDT[" + identity.vector() + "]");
    if (identity.build().isPresent()) {
      table.row("slide", Hex.of(identity.slide()));
      table.row("distance", identity.distance() + " functions");
    }
    identity
        .runnerUp()
        .ifPresent(
            next ->
                table.row("next", next.build().build() + ", " + next.distance() + " functions"));
  }

  private static String build(Identity identity) {
    return identity
        .build()
        .map(name -> (name.os() + " " + name.build() + " " + name.version()).strip())
        .map(name -> name + " (" + identity.state().wireName() + ")")
        .orElse("unknown");
  }

  private static void addCoverage(Table table, Coverage coverage) {
    table.row(
        "reached",
        format(
            "%d of %d bytes of text (%.1f %%), %.1f %% explained",
            coverage.directBytes(),
            coverage.textBytes(),
            coverage.directShare() * 100,
            coverage.verifiedShare() * 100));
  }

  private static String trust(TrustState trust, Console console) {
    Colour colour =
        switch (trust) {
          case TRUSTED -> Colour.GREEN;
          case VIOLATED -> Colour.RED;
          case UNDECIDED, NOT_MEASURABLE -> Colour.YELLOW;
        };
    return console.paint(colour, trust.wireName());
  }

  private static void print(Finding finding, Console console) {
    Colour colour = finding.type().violation() ? Colour.RED : Colour.YELLOW;
    String title = finding.severity().wireName() + " " + finding.type().wireName();
    console.line("");
    console.line(console.paint(colour, title) + "  " + Table.printable(finding.symbol()));
    console.line("  address   " + Hex.of(finding.address().value()) + " vCPU " + finding.vcpu());
    console.line("  owner     " + Table.printable(finding.owner()));
    console.line("  expected  " + Table.printable(finding.expected()));
    console.line("  actual    " + Table.printable(finding.actual()));
    console.line("  path      " + Table.printable(String.join(" > ", finding.path())));
    console.line("  uid       " + finding.uid());
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
