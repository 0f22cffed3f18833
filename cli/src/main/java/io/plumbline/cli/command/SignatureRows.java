package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.results.Hex;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.signaturestore.keep.SignatureSummary;

/** Signatures as rows of a table and as JSON. */
final class SignatureRows {
  private SignatureRows() {}

  static Table table() {
    return new Table("BUILD", "VERSION", "OS", "GUESTS", "BYTES", "SIGNATURE");
  }

  static void add(Table table, SignatureSummary each) {
    table.row(
        each.name().build(),
        each.name().version(),
        each.name().os(),
        each.images(),
        each.sizeBytes(),
        each.id());
  }

  static ObjectNode json(SignatureSummary each) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("signature", each.id().value());
    node.put("os", each.name().os());
    node.put("build", each.name().build());
    node.put("version", each.name().version());
    node.put("mode", each.mode().name());
    node.put("base", Hex.of(each.base()));
    node.put("guests", each.images());
    node.put("formatVersion", each.formatVersion());
    return node.put("sizeBytes", each.sizeBytes());
  }

  /** What a signature holds besides its summary. */
  static ObjectNode json(SignatureSummary summary, KernelSignature signature) {
    ObjectNode node = json(summary);
    node.put("textBytes", signature.code().text().length);
    node.put("functions", signature.functionDigests().length);
    node.put("pointerTables", signature.tables().size());
    node.put("gates", signature.roots().gates().size());
    signature.roots().registers().keySet().stream()
        .sorted()
        .forEach(node.putArray("registers")::add);
    node.put("symbols", signature.symbols().names().size());
    return node.put("decoderDisagreements", signature.disagreements().size());
  }

  static String enrolled(KernelSignature learnt, SignatureId id) {
    return Table.printable(
        learnt.name().build()
            + " enrolled from "
            + learnt.images()
            + " guests: "
            + learnt.functionDigests().length
            + " functions, "
            + learnt.tables().size()
            + " pointer tables, "
            + learnt.disagreements().size()
            + " places that the second opinion reads otherwise; "
            + id);
  }
}
