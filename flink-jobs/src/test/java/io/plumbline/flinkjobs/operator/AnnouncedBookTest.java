package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Signatures that cannot be read, for a while or for good. */
class AnnouncedBookTest {
  private final PackagedKernel kernel = new PackagedKernel();
  private final Set<String> missing = new HashSet<>();
  private final AtomicInteger tries = new AtomicInteger();
  private final AtomicLong now = new AtomicLong();
  private final AtomicLong unreadable = new AtomicLong();
  private final SignatureEntry entry = PackagedKernel.entry(PackagedKernel.ONE, false);
  private final BuildsAhead ahead = new BuildsAhead((guest, book) -> null, 1, BuildsAhead.QUIET);
  private final AnnouncedBook books =
      new AnnouncedBook(this::load, new LoadedSignatures(4), now::get, unreadable::set, ahead);
  private final GrowingBook book = books.of(Map.of(entry.id(), entry).entrySet());

  private KernelSignature load(SignatureId id, String location) throws IOException {
    tries.incrementAndGet();
    if (missing.contains(id.value())) {
      throw new IOException(location + ": expected " + id + ", found nothing");
    }
    return kernel.signature(id.value());
  }

  @AfterEach
  void close() {
    ahead.close();
  }

  @Test
  void aSignatureThatCannotBeReadForAWhileIsReadLate() {
    missing.add(entry.id());
    assertThat(books.announced(entry))
        .hasValueSatisfying(reason -> assertThat(reason).contains(entry.id()));
    assertThat(unreadable).hasValue(1);
    assertThat(book.signatures()).isEmpty();
    assertThat(tries).as("not asked again at once").hasValue(1);
    assertThat(book.mayGrow()).isTrue();

    missing.clear();
    now.set(1000);
    assertThat(book.mayGrow()).isFalse();
    assertThat(book.signatures()).hasSize(1);
    assertThat(tries).hasValue(2);
    assertThat(unreadable).hasValue(0);
  }

  @Test
  void aSignatureThatNeverCanBeReadIsTriedABoundedNumberOfTimesUntilItIsAnnouncedAgain() {
    missing.add(entry.id());
    books.announced(entry);
    for (int day = 1; day < 100; day++) {
      now.set(day * 86_400_000L);
      assertThat(book.signatures()).isEmpty();
    }
    assertThat(tries).hasValue(AnnouncedBook.MOST_TRIES);
    assertThat(book.mayGrow()).isFalse();
    assertThat(unreadable).hasValue(1);

    missing.clear();
    assertThat(books.announced(entry)).isEmpty();
    assertThat(book.signatures()).hasSize(1);
  }

  @Test
  void aVmThatWasJudgedWithoutAnUnreadableSignatureIsJudgedAgainOnceItIsRead() {
    missing.add(entry.id());
    books.announced(entry);
    AnalysisBench bench = new AnalysisBench(PackagedKernel.judge(), kernel);
    CaptureScript script = new CaptureScript("vm-1", 1).capture(PackagedKernel.guest());
    script.patches(Map.of()).patches(Map.of()).patches(Map.of());
    script
        .observations()
        .forEach(
            each -> {
              if (each.round() == 2) {
                missing.clear();
                now.set(10_000);
              }
              bench.analysis.observe(each, bench, book, bench, bench);
            });

    assertThat(bench.identities)
        .extracting(each -> each.at().round() + " " + each.state())
        .containsExactly("0 UNKNOWN", "2 EXACT");
    assertThat(bench.verdicts).isEqualTo(2);
    assertThat(bench.thread.awaitsSignature()).isFalse();
  }
}
