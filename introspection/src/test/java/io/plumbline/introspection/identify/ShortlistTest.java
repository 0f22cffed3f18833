package io.plumbline.introspection.identify;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageOutline;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.ModuleBook;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Builds of which only outlines are in memory. */
class ShortlistTest {
  private static final int FUNCTIONS = 4000;

  private final List<String> read = new ArrayList<>();

  /** A build of {@code release} that has {@code changed} functions of its own. */
  private PackageSignature build(int release, int changed) {
    String name = "6." + release + "-" + changed;
    long[] digests = digests(release, changed);
    long[] kept = Arrays.stream(digests).filter(ImageOutline::keeps).toArray();
    return PackageSignature.onDemand(
        new SignatureId(String.format("sha256:%064x", release * 1000 + changed)),
        new PackageSignature.Head(
            new BuildName("Linux", name, "1"),
            CodeMode.LONG_64,
            0,
            Optional.of(
                new ImageOutline(
                    new int[0], new long[0], new int[0], new byte[0], new char[0], kept))),
        new PackageSignature.Source() {
          @Override
          public KernelImage image() {
            throw new AssertionError("the image is not needed");
          }

          @Override
          public long[] functionDigests() {
            read.add(name);
            return digests;
          }

          @Override
          public ModuleBook modules() {
            throw new AssertionError("modules are not needed");
          }
        });
  }

  private static long[] digests(int release, int changed) {
    long[] digests = new Random(release).longs(FUNCTIONS).toArray();
    Random own = new Random(release * 1000L + changed);
    for (int i = 0; i < changed; i++) {
      digests[i] = own.nextLong();
    }
    Arrays.sort(digests);
    return digests;
  }

  @Test
  void theNearestIsFoundAndHardlyAnyOtherBuildIsRead() {
    List<KernelSignature> builds = new ArrayList<>();
    for (int release = 0; release < 40; release++) {
      builds.add(build(release, 0));
    }
    builds.add(build(7, 300));
    builds.add(build(7, 900));

    List<Match> nearest = Shortlist.of(digests(7, 100), builds);

    assertThat(nearest.get(0).signature().name().build()).isEqualTo("6.7-0");
    assertThat(nearest.get(0).distance()).isEqualTo(100);
    assertThat(nearest.get(1).signature().name().build()).isEqualTo("6.7-300");
    assertThat(nearest.get(1).distance()).isEqualTo(300);
    assertThat(read).hasSizeLessThanOrEqualTo(4);
  }

  @Test
  void ofAHundredBuildsThatAreAlikeAFewAreRead() {
    List<KernelSignature> builds = new ArrayList<>();
    for (int changed = 0; changed < 100; changed++) {
      builds.add(build(1, changed));
    }

    Optional<Match> nearest = Shortlist.nearest(digests(1, 0), builds);

    assertThat(nearest).hasValueSatisfying(match -> assertThat(match.distance()).isZero());
    assertThat(read).hasSizeLessThanOrEqualTo(16);
  }
}
