package io.plumbline.flinkjobs.wire;

import io.plumbline.schemas.wire.ConfluentSchemaRegistry;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistry;
import java.io.Serializable;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;

/**
 * Which schema registry to use; travels with the job, while a client does not.
 *
 * @param url the root of a registry's REST API; null for the embedded one
 * @param timeout the longest that one call may take
 */
public record RegistryAddress(URI url, Duration timeout) implements Serializable {
  /** The registry without a server. */
  public static final RegistryAddress EMBEDDED = new RegistryAddress(null, null);

  /** A registry's root in {@code text}; empty if that is no http or https URL with a host. */
  public static Optional<URI> url(String text) {
    try {
      URI url = new URI(text);
      boolean http = url.getScheme() != null && url.getScheme().matches("https?");
      return http && url.getHost() != null ? Optional.of(url) : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty(); // the caller says what it expected
    }
  }

  /** A client; nothing is sent yet. */
  public SchemaRegistry open() {
    return url == null ? new EmbeddedSchemaRegistry() : new ConfluentSchemaRegistry(url, timeout);
  }
}
