package io.plumbline.signaturestore.extract.build;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.deb.DebianPackage;
import io.plumbline.signaturestore.extract.deb.PackageName;
import io.plumbline.signaturestore.extract.kernel.KernelExtraction;
import io.plumbline.signaturestore.extract.kernel.KernelFile;
import io.plumbline.signaturestore.extract.kernel.PackageFiles;
import io.plumbline.signaturestore.extract.module.ModuleReader;
import io.plumbline.signaturestore.extract.module.ModuleTree;
import io.plumbline.signaturestore.keep.ModulePacker;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Learns builds: the kernel of a file with its modules, which lie in the same package, in one
 * beside it, or below folders. Modules are read and packed while the next are unpacked, so that
 * memory holds few of them at a time.
 */
public final class PackageLearning implements AutoCloseable {
  /** Told now and then how far a build is learnt. */
  public interface Listener {
    /**
     * @param done from 0 to {@code total}, in any unit
     * @param what is read right now
     */
    void at(long done, long total, String what);
  }

  private static final int BUFFER = 1 << 16;

  private final SignatureId draft;
  private final ExplorationBudget budget;
  private final int threads;
  private final ExecutorService readers;

  /**
   * @param draft id of what is learnt, until it is kept
   * @param budget bounds of the exploration that finds a kernel's functions
   * @param threads that read, and that pack
   */
  public PackageLearning(SignatureId draft, ExplorationBudget budget, int threads) {
    this.draft = draft;
    this.budget = budget;
    this.threads = threads;
    this.readers = Executors.newFixedThreadPool(threads);
  }

  /**
   * Learns the build of one kernel.
   *
   * @param modules folders and packages that may have modules of it
   * @throws IOException if the kernel or a module cannot be read, or a module is another kernel's
   */
  public PackageSignature learn(Path kernel, List<Path> modules, Listener listener)
      throws IOException {
    try (ModulePacker packer = new ModulePacker(threads)) {
      return new One(packer, listener).learn(kernel, modules);
    }
  }

  @Override
  public void close() {
    readers.shutdownNow();
  }

  /** One build on its way. */
  private final class One {
    private final ModulePacker packer;
    private final Listener listener;
    private final ModuleReader reader;
    private Future<PackageSignature> kernel;
    private Optional<PackageName> kernelPackage = Optional.empty();
    private Optional<ModuleImage> first = Optional.empty();
    private Optional<ModuleImage> stranger = Optional.empty();
    private int count;

    One(ModulePacker packer, Listener listener) {
      this.packer = packer;
      this.listener = listener;
      this.reader = new ModuleReader(readers, this::add);
    }

    private void add(ModuleImage module) {
      first = first.or(() -> Optional.of(module));
      if (stranger.isEmpty() && !releaseOf(module).equals(releaseOf(first.get()))) {
        stranger = Optional.of(module);
      }
      packer.add(module);
      count++;
    }

    PackageSignature learn(Path file, List<Path> modules) throws IOException {
      if (KernelFile.packageName(file).isPresent()) {
        PackageFiles files = new PackageFiles(file.toString(), this::begin, Optional.of(reader));
        visit(file, files);
        files.requireKernel();
      } else {
        listener.at(0, 1, String.valueOf(file.getFileName()));
        kernel = readers.submit(() -> KernelFile.signature(file, draft, budget));
      }
      PackageSignature alone = kernel();
      String release = alone.name().build();
      for (Path each : packages(file, release, modules)) {
        PackageFiles files =
            new PackageFiles(each.toString(), (bytes, of) -> {}, Optional.of(reader));
        visit(each, files);
      }
      for (Path folder : modules) {
        if (Files.isDirectory(folder)) {
          readTree(folder, release);
        }
      }
      reader.finish();
      requireModulesOf(release);
      ModuleBook book = count == 0 ? ModuleBook.NONE : packer.packed();
      return new PackageSignature(draft, alone.image(), alone.functionDigests(), book);
    }

    private void begin(ByteRange bytes, PackageName of) {
      kernelPackage = Optional.of(of);
      kernel =
          readers.submit(
              () ->
                  KernelFile.signature(
                      bytes.name(),
                      KernelExtraction.read(bytes, Optional.of(of.version())),
                      draft,
                      budget));
    }

    private PackageSignature kernel() throws IOException {
      try {
        return kernel.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while a kernel is read", e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IOException problem) {
          throw problem;
        }
        throw new IllegalStateException(e.getCause());
      }
    }

    private void visit(Path file, PackageFiles files) throws IOException {
      String name = String.valueOf(file.getFileName());
      long size = Files.size(file);
      try (InputStream in =
          new CountedStream(
              Files.newInputStream(file),
              read -> listener.at(read, size, name + ", " + count + " modules"))) {
        DebianPackage.visit(file.toString(), new BufferedInputStream(in, BUFFER), files);
      }
    }

    /** Packages of modules for {@code release} that were given, or lie beside the kernel's. */
    private List<Path> packages(Path file, String release, List<Path> given) throws IOException {
      Set<Path> found = new TreeSet<>();
      for (Path each : given) {
        if (Files.isRegularFile(each) && isFor(each, release)) {
          found.add(each.toAbsolutePath().normalize());
        }
      }
      Path folder = file.toAbsolutePath().normalize().getParent();
      if (kernelPackage.isPresent() && folder != null) {
        try (Stream<Path> beside = Files.list(folder)) {
          for (Path each : beside.filter(Files::isRegularFile).toList()) {
            String name = String.valueOf(each.getFileName());
            if (name.startsWith(GivenFiles.MODULES) && isFor(each, release)) {
              found.add(each);
            }
          }
        }
      }
      return List.copyOf(found);
    }

    /** By name and, as other versions may lie there too, by the version of the kernel's package. */
    private boolean isFor(Path file, String release) throws IOException {
      Optional<PackageName> of = KernelFile.packageName(file);
      boolean named =
          of.filter(
                  each ->
                      each.name().equals(GivenFiles.MODULES + release)
                          || each.name().equals(GivenFiles.MODULES + "extra-" + release))
              .isPresent();
      return named
          && (kernelPackage.isEmpty() || of.get().version().equals(kernelPackage.get().version()));
    }

    private void readTree(Path folder, String release) throws IOException {
      List<Path> files = ModuleTree.below(folder, release);
      for (int i = 0; i < files.size(); i++) {
        Path file = files.get(i);
        listener.at(i, files.size(), String.valueOf(file.getFileName()));
        reader.add(() -> ByteRange.of(file.toString(), Files.readAllBytes(file)));
      }
    }

    private void requireModulesOf(String release) throws ExtractionException {
      Optional<ModuleImage> other =
          first.filter(module -> !releaseOf(module).equals(release)).or(() -> stranger);
      if (other.isPresent()) {
        throw new ExtractionException(
            "module " + other.get().name(), "vermagic of " + release, other.get().vermagic());
      }
    }
  }

  /** The release that a module was built for (kernel {@code include/linux/vermagic.h}). */
  private static String releaseOf(ModuleImage module) {
    int space = module.vermagic().indexOf(' ');
    return space < 0 ? module.vermagic() : module.vermagic().substring(0, space);
  }
}
