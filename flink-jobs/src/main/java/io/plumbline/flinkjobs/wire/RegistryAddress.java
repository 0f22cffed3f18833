package io.plumbline.flinkjobs.wire;

import io.plumbline.schemas.wire.ConfluentSchemaRegistry;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistry;
import java.io.Serializable;
import java.net.URI;
import java.time.Duration;

/**
 * Which schema registry to use; travels with the job, while a client does not.
 *
 * @param url the root of a registry's REST API; null for the embedded one
 * @param timeout the longest that one call may take
 */
public record RegistryAddress(URI url, Duration timeout) implements Serializable {
  /** The registry without a server. */
  public static final RegistryAddress EMBEDDED = new RegistryAddress(null, null);

  /** A client; nothing is sent yet. */
  public SchemaRegistry open() {
    return url == null ? new EmbeddedSchemaRegistry() : new ConfluentSchemaRegistry(url, timeout);
  }
}
