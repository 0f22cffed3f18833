package io.plumbline.signaturestore.extract.kernel;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.LinuxBanner;
import io.plumbline.signaturestore.extract.boot.BootImage;
import io.plumbline.signaturestore.extract.boot.PackedKernel;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.elf.AppendedRelocations;
import io.plumbline.signaturestore.extract.elf.BuildId;
import io.plumbline.signaturestore.extract.elf.ElfFile;
import io.plumbline.signaturestore.extract.elf.ElfReader;
import io.plumbline.signaturestore.extract.elf.ElfSection;
import io.plumbline.signaturestore.extract.kallsyms.EmbeddedSymbols;
import io.plumbline.signaturestore.extract.sites.SiteTables;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads a kernel: a bzImage, or the ELF file in it, which may be compressed by itself. */
public final class KernelExtraction {
  private static final String TEXT = ".text";
  private static final String READ_ONLY_DATA = ".rodata";
  private static final String BANNER = "linux_banner";

  /** Where e_type lies, and two of its values (System V ABI, "ELF Header"). */
  private static final int TYPE = 16;

  private static final byte[] EXECUTABLE = {2, 0};
  private static final byte[] SHARED_OBJECT = {3, 0};

  private KernelExtraction() {}

  /** Whether the file begins as one that {@link #read} knows. */
  public static boolean recognises(ByteRange file) throws ExtractionException {
    return isProgram(file) || BootImage.recognises(file) || PackedKernel.recognises(file);
  }

  /** An ELF file that is to be run: neither a module nor the core of a guest. */
  private static boolean isProgram(ByteRange file) {
    return ElfReader.recognises(file)
        && (file.has(TYPE, EXECUTABLE) || file.has(TYPE, SHARED_OBJECT));
  }

  /**
   * Reads a kernel.
   *
   * @param packageVersion of the package that it came in, which counts more than what the banner
   *     says
   */
  public static KernelImage read(ByteRange file, Optional<String> packageVersion)
      throws ExtractionException {
    if (!recognises(file)) {
      throw new ExtractionException(file.name(), "a kernel (bzImage or ELF)", "other first bytes");
    }
    return image(ElfReader.read(unpacked(file)), packageVersion);
  }

  private static ByteRange unpacked(ByteRange file) throws ExtractionException {
    if (ElfReader.recognises(file)) {
      return file;
    }
    return BootImage.recognises(file) ? BootImage.kernel(file) : PackedKernel.kernel(file);
  }

  private static KernelImage image(ElfFile elf, Optional<String> packageVersion)
      throws ExtractionException {
    long base = elf.required(TEXT).address();
    ElfSection readOnly = elf.required(READ_ONLY_DATA);
    ImageSymbols symbols = EmbeddedSymbols.read(elf.content(readOnly), readOnly.address(), base);
    List<ImageSection> sections =
        LoadedSections.read(elf, base, LoadedSections.readOnlyEnd(elf, symbols));
    String banner = banner(elf, base, symbols);
    BuildName name = name(elf, banner);
    return new KernelImage(
        new BuildName(name.os(), name.build(), packageVersion.orElse(name.version())),
        banner,
        BuildId.of(elf),
        CodeMode.LONG_64,
        base,
        sections,
        AppendedRelocations.read(elf, base, LoadedSections.imageBytes(elf, base)),
        symbols,
        SiteTables.read(elf, base, sections, symbols));
  }

  private static String banner(ElfFile elf, long base, ImageSymbols symbols)
      throws ExtractionException {
    OptionalLong place = symbols.offsetOf(BANNER);
    if (place.isEmpty()) {
      throw new ExtractionException(elf.bytes().name(), "a symbol " + BANNER, "none");
    }
    ByteRange text = elf.loaded(BANNER, base + place.getAsLong(), LinuxBanner.LONGEST);
    return text.text(0, LinuxBanner.LONGEST);
  }

  private static BuildName name(ElfFile elf, String banner) throws ExtractionException {
    return LinuxBanner.parse(banner)
        .orElseThrow(
            () ->
                new ExtractionException(
                    elf.bytes().name() + ": " + BANNER, "a version banner", "'" + banner + "'"));
  }
}
