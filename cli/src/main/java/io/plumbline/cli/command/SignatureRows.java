package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.results.Hex;
import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.PatchSites;
import io.plumbline.signaturestore.keep.EncodedSignature;
import io.plumbline.signaturestore.keep.SignatureSummary;

/** Signatures as rows of a table and as JSON. */
final class SignatureRows {
  private SignatureRows() {}

  static Table table() {
    return new Table("BUILD", "VERSION", "OS", "LEARNT FROM", "MODULES", "BYTES", "SIGNATURE");
  }

  static void add(Table table, SignatureSummary each) {
    table.row(
        each.name().build(),
        each.name().version(),
        each.name().os(),
        each.packaged() ? "package" : each.images() + " guests",
        each.modules(),
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
    node.put("source", each.packaged() ? "package" : "guests");
    node.put("guests", each.images());
    node.put("modules", each.modules());
    node.put("formatVersion", each.formatVersion());
    return node.put("sizeBytes", each.sizeBytes());
  }

  /** What a signature holds besides its summary. */
  static ObjectNode json(SignatureSummary summary, KernelSignature signature) {
    ObjectNode node = json(summary);
    node.put("functions", signature.functionDigests().length);
    if (signature instanceof EnrolledSignature enrolled) {
      addEnrolled(node, enrolled);
    } else if (signature instanceof PackageSignature packaged) {
      addImage(node, packaged.image());
    }
    return node;
  }

  private static void addEnrolled(ObjectNode node, EnrolledSignature signature) {
    node.put("textBytes", signature.code().text().length);
    node.put("pointerTables", signature.tables().size());
    node.put("gates", signature.roots().gates().size());
    signature.roots().registers().keySet().stream()
        .sorted()
        .forEach(node.putArray("registers")::add);
    node.put("symbols", signature.symbols().names().size());
    node.put("decoderDisagreements", signature.disagreements().size());
  }

  private static void addImage(ObjectNode node, KernelImage image) {
    PatchSites sites = image.sites();
    node.put("banner", image.banner());
    node.put("buildId", image.buildId());
    node.put("textBytes", image.section(".text").map(text -> text.bytes().length).orElse(0));
    node.put("symbols", image.symbols().size());
    ObjectNode counts = node.putObject("patchSites");
    counts.put("alternatives", sites.alternatives().size());
    counts.put("smpLocks", sites.smpLocks().length);
    counts.put("paravirt", sites.paravirt().size());
    counts.put("retpolines", sites.retpolines().length);
    counts.put("returns", sites.returns().length);
    counts.put("callDepthCalls", sites.callDepthCalls().length);
    counts.put("branchTargetSeals", sites.branchTargetSeals().length);
    counts.put("runtimeConstants", sites.runtimeConstants().size());
    counts.put("jumpLabels", sites.jumpLabels().size());
    counts.put("staticCalls", sites.staticCalls().size());
    counts.put("functionTraces", sites.functionTraces().length);
  }

  static String packaged(PackageSignature kernel, EncodedSignature kept) {
    return Table.printable(
        (kernel.name().build() + " " + kernel.name().version()).strip()
            + ": "
            + kernel.functionDigests().length
            + " digests of functions, "
            + kernel.image().symbols().size()
            + " symbols, "
            + kernel.modules().outlines().size()
            + " modules, "
            + kept.file().length
            + " bytes; "
            + kept.id());
  }

  static String enrolled(EnrolledSignature learnt, SignatureId id) {
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
