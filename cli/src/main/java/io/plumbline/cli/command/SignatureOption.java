package io.plumbline.cli.command;

import io.plumbline.cli.exit.CommandFailure;
import io.plumbline.cli.exit.ExitCode;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.signaturestore.keep.EnrolledSignatures;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** Which signatures a command knows. */
final class SignatureOption {
  @Option(
      names = "--store",
      paramLabel = "DIR",
      description =
          "folder of signatures; default: $PLUMBLINE_SIGNATURES or your own data folder, read"
              + " together with those of samples/")
  private Path store;

  /** The folder that new signatures go to. */
  SignatureStore own(Shell shell) {
    return new SignatureStore(store != null ? store : shell.store());
  }

  /**
   * The folder that signatures are read from before any other.
   *
   * @throws CommandFailure if a folder was asked for and is none: to know no build is no answer
   */
  SignatureStore known(Shell shell) {
    if (store != null && !Files.isDirectory(store)) {
      throw new CommandFailure(
          ExitCode.UNREADABLE, store + ": expected a folder of signatures, found none");
    }
    return own(shell);
  }

  /** The folders that signatures are looked for in, the user's own first. */
  List<SignatureStore> all(Shell shell) {
    List<SignatureStore> stores = new ArrayList<>(List.of(known(shell)));
    Path shipped = shipped(shell);
    if (store == null && Files.isDirectory(shipped)) {
      stores.add(new SignatureStore(shipped));
    }
    return stores;
  }

  /** Every signature of {@link #all}, each once; what packages hold is read when it is needed. */
  EnrolledSignatures book(Shell shell) throws IOException {
    Map<SignatureId, KernelSignature> signatures = new LinkedHashMap<>();
    for (SignatureStore each : all(shell)) {
      for (SignatureId id : each.ids()) {
        if (!signatures.containsKey(id)) {
          signatures.put(id, each.outline(id));
        }
      }
    }
    return EnrolledSignatures.of(signatures.values());
  }

  /** The signatures that come with the source. */
  static Path shipped(Shell shell) {
    return shell.home().resolve("samples").resolve("signatures");
  }
}
