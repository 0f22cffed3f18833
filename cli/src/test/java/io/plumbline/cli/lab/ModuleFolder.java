package io.plumbline.cli.lab;

import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleOutline;
import io.plumbline.introspection.verify.module.ModuleOutlines;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.module.ModuleExtraction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The modules below a folder, read from their files whenever one is asked for. */
final class ModuleFolder implements ModuleBook {
  private final List<Path> files;
  private final List<ModuleOutline> outlines;

  ModuleFolder(Path folder) throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      files =
          found
              .filter(each -> each.getFileName().toString().matches(".*\\.ko(\\.xz|\\.zst|\\.gz)?"))
              .sorted()
              .toList();
    }
    ModuleOutlines all = new ModuleOutlines();
    for (Path each : files) {
      all.add(read(each));
    }
    outlines = all.outlines();
  }

  private static ModuleImage read(Path file) throws IOException {
    return ModuleExtraction.read(ByteRange.of(file.toString(), Files.readAllBytes(file)));
  }

  @Override
  public List<ModuleOutline> outlines() {
    return outlines;
  }

  @Override
  public ModuleImage image(int index) {
    try {
      return read(files.get(index));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
