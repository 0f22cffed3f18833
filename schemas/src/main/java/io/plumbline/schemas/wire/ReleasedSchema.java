package io.plumbline.schemas.wire;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;

/**
 * A schema that went out with a release and that stored records may therefore be written in. The
 * list is the resource {@code history/released}: one line for each with its number, its subject and
 * its file. Lines are only ever added.
 *
 * @param id the number under which the embedded registry knows it, for ever
 * @param subject the registry's subject
 * @param schema the schema as it was
 */
public record ReleasedSchema(int id, String subject, Schema schema) {
  private static final String FOLDER = "/io/plumbline/schemas/history/";

  /** Every released schema, oldest first. */
  public static List<ReleasedSchema> all() {
    List<ReleasedSchema> released = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(resource(FOLDER + "released"), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          released.add(parse(line));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return List.copyOf(released);
  }

  private static ReleasedSchema parse(String line) throws IOException {
    String[] columns = line.trim().split("\\s+");
    if (columns.length != 3) {
      throw new IllegalStateException(
          "released schemas: expected 'id subject file', found '" + line + "'");
    }
    try (InputStream file = resource(FOLDER + columns[2])) {
      return new ReleasedSchema(
          Integer.parseInt(columns[0]), columns[1], new Schema.Parser().parse(file));
    }
  }

  private static InputStream resource(String path) {
    InputStream found = ReleasedSchema.class.getResourceAsStream(path);
    if (found == null) {
      throw new IllegalStateException("released schemas: no resource " + path);
    }
    return found;
  }
}
