package io.plumbline.introspection.bench;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.PackageSignature.Head;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.verify.image.Outlines;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Builds that never were: a real one with a few functions changed and nothing moved. No guest's
 * roots tell them from it, nor do most samples of text, so that they are the hardest to tell apart.
 */
public final class BuildVariants {
  private static final int CHANGED_FUNCTIONS = 8;

  /** Changed bytes keep away from whatever the boot rewrites, so that each change is seen. */
  private static final int DISTANCE = 32;

  private BuildVariants() {}

  /**
   * {@code count} different variants of {@code real}, of each of which the outline is in memory.
   */
  public static List<PackageSignature> of(PackageSignature real, int count) {
    KernelImage image = real.image();
    int[] places = plainPlaces(image);
    return IntStream.range(0, count).mapToObj(i -> variant(real, image, places, i)).toList();
  }

  private static PackageSignature variant(
      PackageSignature real, KernelImage image, int[] places, int number) {
    BuildName name =
        new BuildName(
            image.name().os(), image.name().build() + "+variant" + number, image.name().version());
    PackageSignature.Source source = source(real, name, places, number);
    return PackageSignature.onDemand(
        new SignatureId(real.id().value().substring(0, 55) + String.format("%016x", number)),
        new Head(
            name,
            image.mode(),
            image.base(),
            Optional.of(Outlines.of(source.image(), source.functionDigests()))),
        source);
  }

  private static PackageSignature.Source source(
      PackageSignature real, BuildName name, int[] places, int seed) {
    return new PackageSignature.Source() {
      @Override
      public KernelImage image() {
        return changed(real.image(), name, places, new Random(seed));
      }

      @Override
      public long[] functionDigests() {
        Random random = new Random(seed);
        long[] digests = real.functionDigests().clone();
        for (int i = 0; i < CHANGED_FUNCTIONS && digests.length > 0; i++) {
          digests[random.nextInt(digests.length)] = random.nextLong();
        }
        Arrays.sort(digests);
        return digests;
      }

      @Override
      public ModuleBook modules() {
        return ModuleBook.NONE;
      }
    };
  }

  private static KernelImage changed(
      KernelImage image, BuildName name, int[] places, Random random) {
    List<ImageSection> sections = new ArrayList<>();
    for (ImageSection section : image.sections()) {
      byte[] bytes = section.bytes();
      if (section.name().equals(".text")) {
        bytes = bytes.clone();
        for (int i = 0; i < CHANGED_FUNCTIONS; i++) {
          bytes[places[random.nextInt(places.length)] - section.offset()] ^= 1;
        }
      }
      sections.add(
          new ImageSection(
              section.name(), section.offset(), bytes, section.executable(), section.writable()));
    }
    return new KernelImage(
        name,
        image.banner(),
        image.buildId(),
        image.mode(),
        image.base(),
        sections,
        image.relocations(),
        image.symbols(),
        image.sites());
  }

  /** Places in the text, as offsets, around which nothing is rewritten and nothing moves. */
  private static int[] plainPlaces(KernelImage image) {
    ImageSection text = image.section(".text").orElseThrow();
    BitSet rewritten = new BitSet();
    Stream.of(
            image.sites().smpLocks(),
            image.sites().retpolines(),
            image.sites().returns(),
            image.sites().callDepthCalls(),
            image.sites().branchTargetSeals(),
            image.sites().functionTraces(),
            image.relocations().absolute32(),
            image.relocations().inverse32(),
            image.relocations().absolute64())
        .flatMapToInt(IntStream::of)
        .forEach(site -> near(site, rewritten));
    image.sites().alternatives().forEach(each -> near(each.site(), rewritten));
    image.sites().paravirt().forEach(each -> near(each.site(), rewritten));
    image.sites().runtimeConstants().forEach(each -> near(each.site(), rewritten));
    image.sites().jumpLabels().forEach(each -> near(each.code(), rewritten));
    image.sites().staticCalls().forEach(each -> near(each.site(), rewritten));
    return IntStream.range(text.offset(), text.end())
        .filter(place -> place % DISTANCE == 0 && !rewritten.get(place))
        .toArray();
  }

  private static void near(int site, BitSet rewritten) {
    rewritten.set(Math.max(0, site - DISTANCE), Math.max(0, site + DISTANCE));
  }
}
