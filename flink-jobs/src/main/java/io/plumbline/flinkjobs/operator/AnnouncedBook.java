package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns announcements into signatures. One that cannot be read is left out, so that its guests stay
 * unknown rather than the job down, and is not asked for again until it is announced again.
 */
final class AnnouncedBook {
  private static final Logger LOG = LoggerFactory.getLogger(AnnouncedBook.class);

  private final SignatureSource source;
  private final LoadedSignatures loaded;
  private final Set<String> unreadable = new HashSet<>();

  AnnouncedBook(SignatureSource source, LoadedSignatures loaded) {
    this.source = source;
    this.loaded = loaded;
  }

  /** The book of {@code announced}; reads nothing until it is asked. */
  SignatureBook of(Iterable<Map.Entry<String, SignatureEntry>> announced) {
    return () -> signatures(announced);
  }

  /** Takes note that {@code entry} was announced; the reason, if it cannot be read. */
  Optional<String> announced(SignatureEntry entry) {
    unreadable.remove(entry.id());
    return entry.revoked() ? Optional.empty() : load(entry, new ArrayList<>());
  }

  private Collection<KernelSignature> signatures(
      Iterable<Map.Entry<String, SignatureEntry>> announced) {
    Map<String, SignatureEntry> byId = new TreeMap<>();
    announced.forEach(each -> byId.put(each.getKey(), each.getValue()));
    List<KernelSignature> signatures = new ArrayList<>(byId.size());
    for (SignatureEntry entry : byId.values()) {
      if (!unreadable.contains(entry.id())) {
        load(entry, signatures);
      }
    }
    return signatures;
  }

  private Optional<String> load(SignatureEntry entry, List<KernelSignature> into) {
    try {
      into.add(loaded.get(new SignatureId(entry.id()), entry.location(), source));
      return Optional.empty();
    } catch (IOException e) {
      unreadable.add(entry.id());
      LOG.warn(
          "event=signature_unreadable signature={} location={} reason={}",
          entry.id(),
          entry.location(),
          e.toString());
      return Optional.of(e.toString());
    }
  }
}
