package io.plumbline.ingest.guest.qemu;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.plumbline.ingest.guest.file.ImageException;
import io.plumbline.ingest.guest.file.ImageFile;
import io.plumbline.ingest.guest.qemu.StreamDescription.DeviceKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the description token by token into the few things that matter: a tree of the whole text
 * would cost thirty times its size in memory, and an attacker chooses that size.
 */
final class DescriptionParser {
  private static final int DEEPEST_NESTING = 64;

  /** Paths are joined from names, for each of millions of fields. */
  private static final int LONGEST_NAME = 512;

  private static final long LARGEST_SIZE = 1L << 40;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST_NESTING)
                  .maxStringLength(LONGEST_NAME)
                  .maxNameLength(LONGEST_NAME)
                  .build())
          // A stranger's field names must not fill a table that lives as long as this process.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private final ImageFile file;
  private final long start;
  private final byte[] text;
  private JsonParser json;

  DescriptionParser(ImageFile file, long start, long end) throws IOException {
    this.file = file;
    this.start = start;
    this.text = new byte[(int) (end - start)];
    file.read(start, text);
  }

  StreamDescription read() throws IOException {
    try (JsonParser parser = JSON.createParser(text)) {
      json = parser;
      expect(json.nextToken(), JsonToken.START_OBJECT);
      StreamDescription description = description();
      if (json.nextToken() != null) {
        throw malformed("nothing behind the object", "more text");
      }
      return description;
    } catch (JsonProcessingException e) {
      throw new ImageException(
          malformed("JSON", ImageException.printable(e.getOriginalMessage())).getMessage(), e);
    }
  }

  private StreamDescription description() throws IOException {
    long pageSize = -1;
    Optional<FieldDescription.Struct> configuration = Optional.empty();
    Map<DeviceKey, FieldDescription.Struct> devices = new HashMap<>();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String key = json.currentName();
      JsonToken value = json.nextToken();
      switch (key) {
        case "page_size" -> pageSize = number();
        case "configuration" -> configuration = Optional.of(struct());
        case "devices" -> {
          expect(value, JsonToken.START_ARRAY);
          while (json.nextToken() != JsonToken.END_ARRAY) {
            device(devices);
          }
        }
        default -> json.skipChildren();
      }
    }
    return new StreamDescription(pageSize, configuration, devices);
  }

  private void device(Map<DeviceKey, FieldDescription.Struct> devices) throws IOException {
    expect(json.currentToken(), JsonToken.START_OBJECT);
    String name = "";
    long instance = -1;
    List<FieldDescription> fields = List.of();
    List<FieldDescription.Struct> subsections = List.of();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String key = json.currentName();
      json.nextToken();
      switch (key) {
        case "name" -> name = string();
        case "instance_id" -> instance = number();
        case "fields" -> fields = fields();
        case "subsections" -> subsections = structs();
        default -> json.skipChildren();
      }
    }
    devices.put(
        new DeviceKey(name, instance), new FieldDescription.Struct(name, fields, subsections));
  }

  private FieldDescription.Struct struct() throws IOException {
    expect(json.currentToken(), JsonToken.START_OBJECT);
    String name = "";
    List<FieldDescription> fields = List.of();
    List<FieldDescription.Struct> subsections = List.of();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String key = json.currentName();
      json.nextToken();
      switch (key) {
        case "vmsd_name" -> name = string();
        case "fields" -> fields = fields();
        case "subsections" -> subsections = structs();
        default -> json.skipChildren();
      }
    }
    return new FieldDescription.Struct(name, fields, subsections);
  }

  private List<FieldDescription.Struct> structs() throws IOException {
    expect(json.currentToken(), JsonToken.START_ARRAY);
    List<FieldDescription.Struct> structs = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      structs.add(struct());
    }
    return structs;
  }

  private List<FieldDescription> fields() throws IOException {
    expect(json.currentToken(), JsonToken.START_ARRAY);
    List<FieldDescription> fields = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      fields.add(field());
    }
    return fields;
  }

  private FieldDescription field() throws IOException {
    expect(json.currentToken(), JsonToken.START_OBJECT);
    String name = "";
    String type = "";
    long size = -1;
    long count = 1;
    long index = -1;
    Optional<FieldDescription.Struct> struct = Optional.empty();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String key = json.currentName();
      json.nextToken();
      switch (key) {
        case "name" -> name = string();
        case "type" -> type = string();
        case "size" -> size = number();
        case "array_len" -> count = number();
        case "index" -> index = number();
        case "struct" -> struct = Optional.of(struct());
        default -> json.skipChildren();
      }
    }
    if (struct.isEmpty() && size < 0) {
      throw malformed("a size of field " + ImageException.printable(name), "none");
    }
    if (index > Integer.MAX_VALUE) {
      throw malformed("an array index below 2^31", Long.toString(index));
    }
    return new FieldDescription(name, type, size, count, (int) index, struct);
  }

  private long number() throws IOException {
    expect(json.currentToken(), JsonToken.VALUE_NUMBER_INT);
    if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
        || json.getLongValue() < 0
        || json.getLongValue() > LARGEST_SIZE) {
      throw malformed("a number from 0 to 2^40", ImageException.printable(json.getText()));
    }
    return json.getLongValue();
  }

  private String string() throws IOException {
    expect(json.currentToken(), JsonToken.VALUE_STRING);
    return json.getText();
  }

  private void expect(JsonToken found, JsonToken expected) throws ImageException {
    if (found != expected) {
      throw malformed(expected.toString(), found == null ? "the end" : found.toString());
    }
  }

  private ImageException malformed(String expected, String found) {
    long offset = start + Math.max(0, json.currentTokenLocation().getByteOffset());
    return file.malformed(offset, "description of the migration stream", expected, found);
  }
}
