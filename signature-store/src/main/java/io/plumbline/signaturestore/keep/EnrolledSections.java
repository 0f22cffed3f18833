package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.SymbolTable;
import io.plumbline.introspection.golden.image.BuildName;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The sections of a signature that was learnt from guests. */
final class EnrolledSections {
  private EnrolledSections() {}

  static void write(EnrolledSignature signature, Map<SectionType, byte[]> sections) {
    sections.put(SectionType.ROOTS, FactSections.roots(signature.roots()));
    CodeSections.write(signature.code(), sections);
    sections.put(SectionType.TABLES, FactSections.tables(signature.tables()));
    sections.put(SectionType.SYMBOLS, FactSections.symbols(signature.symbols()));
    sections.put(SectionType.DISAGREEMENTS, FactSections.disagreements(signature.disagreements()));
  }

  static EnrolledSignature read(
      SectionFile sections,
      SignatureId id,
      BuildName name,
      CodeMode mode,
      long base,
      int images,
      long[] functionDigests)
      throws SignatureException {
    Optional<ByteSource> symbols = sections.body(SectionType.SYMBOLS);
    Optional<ByteSource> disagreements = sections.body(SectionType.DISAGREEMENTS);
    return new EnrolledSignature(
        id,
        name,
        mode,
        base,
        FactSections.roots(sections.required(SectionType.ROOTS)),
        CodeSections.read(sections),
        FactSections.tables(sections.required(SectionType.TABLES)),
        functionDigests,
        symbols.isPresent() ? FactSections.symbols(symbols.get()) : SymbolTable.NONE,
        disagreements.isPresent() ? FactSections.disagreements(disagreements.get()) : List.of(),
        images);
  }
}
