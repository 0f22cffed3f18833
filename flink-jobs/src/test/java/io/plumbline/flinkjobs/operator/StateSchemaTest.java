package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.SignatureEntry;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.StateDescriptor;
import org.junit.jupiter.api.Test;

/** The state's schema, as docs/state.md tells it and as it is. */
class StateSchemaTest {
  private static final Pattern STATE = Pattern.compile("\\| `([a-z-]+)` \\| (.+?) \\| .*");
  private static final Pattern TYPE = Pattern.compile("\\| `([A-Z][a-z][A-Za-z]+)` \\| (.+) \\|");

  /** What maps are from and to; their types do not tell. */
  private static final Map<String, String> KEYS =
      Map.of(
          "packed-pages", "map from group number to bytes",
          "whole-pages", "map from block number to bytes",
          "pages", "map from frame number to bytes",
          "image-blocks", "map from block number to bytes");

  private static Map<String, String> documented(Pattern row) throws IOException {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("docs/state.md"))) {
      at = at.getParent();
    }
    Map<String, String> rows = new LinkedHashMap<>();
    for (String line : Files.readAllLines(at.resolve("docs/state.md"))) {
      Matcher found = row.matcher(line);
      if (found.matches()) {
        rows.put(found.group(1), found.group(2).replace("`", ""));
      }
    }
    return rows;
  }

  /** Each state's name, and what it is a state of, by the descriptors that the job has. */
  private static Map<String, Type[]> states() throws ReflectiveOperationException {
    Map<String, Type[]> states = new LinkedHashMap<>();
    for (Field each : FlinkMemory.class.getDeclaredFields()) {
      if (StateDescriptor.class.isAssignableFrom(each.getType())) {
        each.setAccessible(true);
        StateDescriptor<?, ?> state = (StateDescriptor<?, ?>) each.get(null);
        states.put(
            state.getName(), ((ParameterizedType) each.getGenericType()).getActualTypeArguments());
      }
    }
    return states;
  }

  @Test
  void everyStateIsDocumentedWithItsType() throws Exception {
    Map<String, String> expected = new LinkedHashMap<>();
    states()
        .forEach(
            (name, types) ->
                expected.put(
                    name,
                    types.length == 1 ? ((Class<?>) types[0]).getSimpleName() : KEYS.get(name)));
    assertThat(documented(STATE)).containsExactlyInAnyOrderEntriesOf(expected);
  }

  @Test
  void everyFieldOfEveryStateTypeIsDocumentedInItsOrder() throws Exception {
    Map<String, String> types = new LinkedHashMap<>();
    for (Type[] each : states().values()) {
      add(each[0], types);
    }
    add(SignatureEntry.class, types);
    assertThat(documented(TYPE)).containsExactlyInAnyOrderEntriesOf(types);
  }

  /** A record of ours and the records that it holds. */
  private static void add(Type type, Map<String, String> types) {
    if (type instanceof ParameterizedType list) {
      add(list.getActualTypeArguments()[0], types);
    } else if (type instanceof Class<?> record
        && record.isRecord()
        && !types.containsKey(record.getSimpleName())) {
      RecordComponent[] fields = record.getRecordComponents();
      types.put(
          record.getSimpleName(),
          Arrays.stream(fields).map(RecordComponent::getName).collect(Collectors.joining(", ")));
      Stream.of(fields).forEach(field -> add(field.getGenericType(), types));
    }
  }
}
