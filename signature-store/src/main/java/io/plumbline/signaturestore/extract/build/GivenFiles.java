package io.plumbline.signaturestore.extract.build;

import io.plumbline.signaturestore.extract.kernel.KernelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Files and folders that builds are to be learnt from, told apart by their content.
 *
 * @param kernels files that hold one each
 * @param modules folders that may have some below them, and packages of modules alone
 * @param strangers files that were named and are neither
 */
public record GivenFiles(List<Path> kernels, List<Path> modules, List<Path> strangers) {
  /** Debian's and Ubuntu's packages of modules alone are named so. */
  static final String MODULES = "linux-modules-";

  /** And those with a kernel; Debian's is in the second since 6.19. */
  private static final List<String> KERNELS = List.of("linux-image-", "linux-binary-");

  public GivenFiles {
    kernels = List.copyOf(kernels);
    modules = List.copyOf(modules);
    strangers = List.copyOf(strangers);
  }

  /** Looks at what was given; of a folder at every file in it, by name. */
  public static GivenFiles of(List<Path> given) throws IOException {
    List<Path> kernels = new ArrayList<>();
    List<Path> modules = new ArrayList<>();
    List<Path> strangers = new ArrayList<>();
    for (Path each : given) {
      if (Files.isDirectory(each)) {
        modules.add(each);
        try (Stream<Path> content = Files.list(each)) {
          for (Path file : content.filter(Files::isRegularFile).sorted().toList()) {
            if (isKernel(file)) {
              kernels.add(file);
            }
          }
        }
      } else if (isOfModules(each)) {
        modules.add(each);
      } else if (KernelFile.recognises(each)) {
        kernels.add(each);
      } else {
        strangers.add(each);
      }
    }
    return new GivenFiles(kernels, modules, strangers);
  }

  /** Packages of other things may lie in the same folder, so a package's name is asked. */
  private static boolean isKernel(Path file) throws IOException {
    if (!KernelFile.recognises(file)) {
      return false;
    }
    Optional<String> name = KernelFile.packageName(file).map(of -> of.name());
    return name.isEmpty() || KERNELS.stream().anyMatch(name.get()::startsWith);
  }

  private static boolean isOfModules(Path file) throws IOException {
    return KernelFile.packageName(file).filter(of -> of.name().startsWith(MODULES)).isPresent();
  }
}
