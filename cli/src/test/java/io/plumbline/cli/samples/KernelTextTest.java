package io.plumbline.cli.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plumbline.introspection.code.CapstoneText;
import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.SecondOpinions;
import io.plumbline.introspection.reach.CodeRegion;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The decoder against Capstone and objdump over the whole text of kernels that ran. */
class KernelTextTest {
  /** The smallest of the recorded kernels has 12 MiB of text. */
  private static final int LEAST_TEXT_BYTES = 10 << 20;

  @TempDir private Path folder;

  static Iterable<Path> recordings() {
    return Samples.recordings();
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void aWholeKernelIsReadAsByCapstoneAndObjdumpSaveForWhatIsExplained(Path recording)
      throws Exception {
    assumeTrue(SecondOpinions.capstonePresent(), CapstoneText.availability());
    assumeTrue(SecondOpinions.objdumpPresent(), "objdump (binutils) is not installed");
    SecondOpinions.assertAgrees(textOf(recording), CodeMode.LONG_64, folder);
  }

  /** The executable region that the first system-call entry lies in, as it was when booted. */
  private static byte[] textOf(Path recording) throws Exception {
    AtomicReference<byte[]> text = new AtomicReference<>();
    Samples.replay(
        recording,
        (boundary, observation, guest) -> {
          if (boundary.round() == 0) {
            GuestKernel kernel =
                GuestKernel.of(guest, guest.vcpus(), ExplorationBudget.STANDARD)
                    .kernel()
                    .orElseThrow();
            long entry = guest.vcpus().get(0).msrs().orElseThrow().lstar();
            text.set(kernel.code().regionAt(entry).map(CodeRegion::bytes).orElseThrow());
          }
        });
    assertThat(text.get()).hasSizeGreaterThan(LEAST_TEXT_BYTES);
    return text.get();
  }
}
