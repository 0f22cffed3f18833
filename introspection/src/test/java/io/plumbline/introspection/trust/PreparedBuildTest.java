package io.plumbline.introspection.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.SignatureUnavailableException;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageOutline;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.image.ImageDigests;
import io.plumbline.introspection.verify.image.ImageLibrary;
import io.plumbline.introspection.verify.image.Outlines;
import io.plumbline.introspection.verify.module.SyntheticModule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is derived before there is a guest changes no verdict, and nobody else's time. */
@Timeout(120)
class PreparedBuildTest {
  private final SyntheticImage image = SyntheticImage.classic();
  private final SyntheticModule module = new SyntheticModule("one", "6.1.0-test", 1);

  /** The parts of a package, each read when it is asked for; counts how often. */
  private static class Parts implements PackageSignature.Source {
    final AtomicInteger read = new AtomicInteger();
    private final KernelImage image;
    private final ModuleBook modules;

    Parts(KernelImage image, ModuleBook modules) {
      this.image = image;
      this.modules = modules;
    }

    @Override
    public KernelImage image() {
      read.incrementAndGet();
      return image;
    }

    @Override
    public long[] functionDigests() {
      read.incrementAndGet();
      return digests(image);
    }

    @Override
    public ModuleBook modules() {
      read.incrementAndGet();
      return modules;
    }
  }

  private static long[] digests(KernelImage image) {
    return new ImageDigests(image, ExplorationBudget.STANDARD).ofAll();
  }

  private static PackageSignature signature(
      int number, String build, KernelImage image, PackageSignature.Source source) {
    ImageOutline outline = Outlines.of(image, digests(image));
    return PackageSignature.onDemand(
        new SignatureId("sha256:" + Integer.toString(number).repeat(64)),
        new PackageSignature.Head(
            new BuildName("Linux", build, "1"), image.mode(), image.base(), Optional.of(outline)),
        source);
  }

  private Parts parts() {
    return new Parts(image.image(), SyntheticModule.bookOf(module.image()));
  }

  private static KernelJudge judge() {
    return new KernelJudge(JudgeSettings.WITHOUT_TEXT, () -> 0, new ImageLibrary());
  }

  private static Guest vm(SyntheticGuest guest) {
    return new Guest("vm", guest.pages(), List.of(guest.vcpu()));
  }

  private List<Guest> guests() {
    List<Guest> guests = new ArrayList<>();
    guests.add(vm(image.guest(SyntheticGuest.longMode())));
    guests.add(vm(image.guest(module.load(SyntheticGuest.longMode(), image))));
    guests.add(
        vm(
            SyntheticImage.classic()
                .withText("asm_exc_page_fault", 1, 0x90)
                .guest(SyntheticGuest.longMode())));
    guests.add(
        vm(
            SyntheticImage.classic()
                .withText("asm_exc_divide_error", 1, 0x90)
                .guest(module.load(SyntheticGuest.longMode(), SyntheticImage.classic()))));
    guests.add(
        vm(
            SyntheticImage.classic()
                .withData("hash", 0x38, 0x1234)
                .guest(SyntheticGuest.longMode())));
    return guests;
  }

  @Test
  void aVerdictIsTheSameWhetherItsBuildWasPreparedOrNot() {
    int number = 0;
    for (Guest guest : guests()) {
      number++;
      SignatureBook unprepared = book(parts());
      SignatureBook prepared = book(parts());
      KernelJudge ahead = judge();
      for (KernelSignature each : prepared.signatures()) {
        assertThat(ahead.prepare((PackageSignature) each, prepared)).isPresent();
      }

      Verdict expected = judge().judge(guest, unprepared);
      assertThat(ahead.judge(guest, prepared)).as("guest %d", number).isEqualTo(expected);
      assertThat(expected.identity().runnerUp()).as("guest %d", number).isPresent();
    }
  }

  private SignatureBook book(Parts parts) {
    List<KernelSignature> signatures =
        List.of(
            signature(1, "known", image.image(), parts),
            signature(2, "other", image.image(), parts()));
    return () -> signatures;
  }

  @Test
  void theFirstGuestOfAPreparedBuildReadsNothingOfItsPackageAndDerivesNothing() {
    Parts parts = parts();
    PackageSignature build = signature(1, "known", image.image(), parts);
    ImageLibrary library = new ImageLibrary();
    KernelJudge judge = new KernelJudge(JudgeSettings.WITHOUT_TEXT, () -> 0, library);
    Optional<PreparedBuild> held = judge.prepare(build, () -> List.of(build));
    int read = parts.read.get();
    long made = made(library);

    Verdict verdict = judge.judge(guests().get(1), () -> List.of(build));

    assertThat(held.orElseThrow().build()).isSameAs(build);
    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(read).isPositive();
    assertThat(parts.read).hasValue(read);
    assertThat(made).isPositive();
    assertThat(made(library)).isEqualTo(made);
  }

  @Test
  void whoComesSecondIsLookedForOnceForAllGuestsAndAgainWhenOtherBuildsAreThere() {
    Parts second = parts();
    KernelSignature known = signature(1, "known", image.image(), parts());
    List<KernelSignature> both = List.of(known, signature(2, "other", image.image(), second));
    KernelJudge judge = judge();
    Optional<BuildName> other = runnerUp(judge, () -> both);
    int read = second.read.get();

    assertThat(other.map(BuildName::build)).contains("other");
    assertThat(read).isPositive();
    assertThat(runnerUp(judge, () -> both)).isEqualTo(other);
    assertThat(second.read).hasValue(read);
    assertThat(runnerUp(judge, () -> List.of(known))).isEmpty();
    assertThat(
            runnerUp(judge, () -> List.of(known, signature(3, "another", image.image(), parts())))
                .map(BuildName::build))
        .contains("another");
  }

  private Optional<BuildName> runnerUp(KernelJudge judge, SignatureBook book) {
    return judge.judge(guests().get(0), book).identity().runnerUp().map(Identity.RunnerUp::build);
  }

  private static long made(ImageLibrary library) {
    return library.sharing().entrySet().stream()
        .filter(each -> !each.getKey().equals("explorations"))
        .mapToLong(each -> each.getValue().timesMade())
        .sum();
  }

  @Test
  void aGuestIsJudgedWhileAnotherBuildIsPrepared() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch mayGoOn = new CountDownLatch(1);
    Parts slow =
        new Parts(image.image(), ModuleBook.NONE) {
          @Override
          public KernelImage image() {
            begun.countDown();
            await(mayGoOn);
            return super.image();
          }
        };
    PackageSignature known = signature(1, "known", image.image(), parts());
    PackageSignature other = signature(2, "other", image.image(), slow);
    KernelJudge judge = judge();
    CompletableFuture<Optional<PreparedBuild>> preparing =
        CompletableFuture.supplyAsync(() -> judge.prepare(other, () -> List.of(known, other)));
    assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();

    Verdict verdict =
        CompletableFuture.supplyAsync(() -> judge.judge(guests().get(1), () -> List.of(known)))
            .get(60, TimeUnit.SECONDS);

    assertThat(preparing).isNotDone();
    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    mayGoOn.countDown();
    assertThat(preparing.get(60, TimeUnit.SECONDS)).isPresent();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aPackageThatCannotBeReadAheadIsToldAndItsGuestIsJudgedAsIfNobodyHadTried() {
    AtomicInteger tries = new AtomicInteger();
    SignatureId id = new SignatureId("sha256:" + "1".repeat(64));
    Parts broken =
        new Parts(image.image(), ModuleBook.NONE) {
          @Override
          public KernelImage image() {
            if (tries.incrementAndGet() == 1) {
              throw new SignatureUnavailableException(id, "the disk is on fire", new IOException());
            }
            return super.image();
          }
        };
    PackageSignature build = signature(1, "known", image.image(), broken);
    KernelJudge judge = judge();

    assertThatThrownBy(() -> judge.prepare(build, () -> List.of(build)))
        .isInstanceOf(SignatureUnavailableException.class)
        .hasMessageContaining("the disk is on fire");
    assertThat(judge.judge(guests().get(0), () -> List.of(build)))
        .isEqualTo(
            judge()
                .judge(
                    guests().get(0),
                    () ->
                        List.of(
                            signature(
                                1,
                                "known",
                                image.image(),
                                new Parts(image.image(), ModuleBook.NONE)))));
  }
}
