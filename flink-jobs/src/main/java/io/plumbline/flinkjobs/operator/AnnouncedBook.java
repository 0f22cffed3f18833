package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns announcements into signatures. One that cannot be read is left out, so that its guests stay
 * unknown rather than the job down. It is tried again after pauses that double, a bounded number of
 * times; then not until it is announced again.
 */
final class AnnouncedBook {
  /** Tries of one signature: with the pauses between them, about two minutes. */
  static final int MOST_TRIES = 8;

  private static final Logger LOG = LoggerFactory.getLogger(AnnouncedBook.class);
  private static final long FIRST_PAUSE_MILLIS = 1000;

  private record Failure(int tries, long againAtMillis) {
    boolean isFinal() {
      return tries >= MOST_TRIES;
    }
  }

  private final SignatureSource source;
  private final LoadedSignatures loaded;
  private final LongSupplier millisClock;
  private final LongConsumer unreadableNow;
  private final BuildsAhead ahead;
  private final Map<String, Failure> unreadable = new HashMap<>();

  /**
   * @param millisClock says when to try again; no verdict depends on it
   * @param unreadableNow is told how many announced signatures cannot be read
   * @param ahead is told of signatures that were read, and of those that were revoked
   */
  AnnouncedBook(
      SignatureSource source,
      LoadedSignatures loaded,
      LongSupplier millisClock,
      LongConsumer unreadableNow,
      BuildsAhead ahead) {
    this.source = source;
    this.loaded = loaded;
    this.millisClock = millisClock;
    this.unreadableNow = unreadableNow;
    this.ahead = ahead;
  }

  /** The book of {@code announced}; reads nothing until it is asked. */
  GrowingBook of(Iterable<Map.Entry<String, SignatureEntry>> announced) {
    return new GrowingBook() {
      @Override
      public Collection<KernelSignature> signatures() {
        return AnnouncedBook.this.signatures(announced);
      }

      @Override
      public boolean mayGrow() {
        if (unreadable.isEmpty()) {
          return false;
        }
        AnnouncedBook.this.signatures(announced);
        return unreadable.values().stream().anyMatch(failure -> !failure.isFinal());
      }
    };
  }

  /** Takes note that {@code entry} was announced; the reason, if it cannot be read. */
  Optional<String> announced(SignatureEntry entry) {
    unreadable.remove(entry.id());
    if (entry.revoked()) {
      ahead.revoked(entry.id());
    }
    Optional<String> reason = entry.revoked() ? Optional.empty() : load(entry, new ArrayList<>());
    unreadableNow.accept(unreadable.size());
    return reason;
  }

  private Collection<KernelSignature> signatures(
      Iterable<Map.Entry<String, SignatureEntry>> announced) {
    Map<String, SignatureEntry> byId = new TreeMap<>();
    announced.forEach(each -> byId.put(each.getKey(), each.getValue()));
    List<KernelSignature> signatures = new ArrayList<>(byId.size());
    for (SignatureEntry entry : byId.values()) {
      Failure failure = unreadable.get(entry.id());
      if (failure == null
          || (!failure.isFinal() && millisClock.getAsLong() >= failure.againAtMillis)) {
        load(entry, signatures);
      }
    }
    return signatures;
  }

  private Optional<String> load(SignatureEntry entry, List<KernelSignature> into) {
    try {
      KernelSignature signature = loaded.get(new SignatureId(entry.id()), entry.location(), source);
      into.add(signature);
      ahead.read(signature);
      if (unreadable.remove(entry.id()) != null) {
        LOG.info("event=signature_read_late signature={}", entry.id());
        unreadableNow.accept(unreadable.size());
      }
      return Optional.empty();
    } catch (IOException e) {
      Failure before = unreadable.get(entry.id());
      int tries = before == null ? 1 : before.tries + 1;
      long pause = FIRST_PAUSE_MILLIS << (tries - 1);
      unreadable.put(entry.id(), new Failure(tries, millisClock.getAsLong() + pause));
      unreadableNow.accept(unreadable.size());
      LOG.warn(
          "event=signature_unreadable signature={} location={} try={} of={} reason={}",
          entry.id(),
          entry.location(),
          tries,
          MOST_TRIES,
          e.toString());
      return Optional.of(e.toString());
    }
  }
}
