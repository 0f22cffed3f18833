package io.plumbline.cli.answers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The truth about one recording, written by whoever recorded it: which kernel runs, and what was
 * done before each round.
 *
 * @param build name of the kernel's build
 * @param rounds by number, from 0
 */
public record AnswerKey(String build, List<ExpectedRound> rounds) {
  private static final String RECORDING = ".avro";
  private static final String KEY = ".expected.json";

  /** Keys may say more than a reader of today knows. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  public AnswerKey {
    if (build == null || build.isBlank()) {
      throw new IllegalArgumentException("expected the name of a build, found none");
    }
    if (rounds == null || rounds.isEmpty()) {
      throw new IllegalArgumentException("expected rounds, found none");
    }
    rounds = List.copyOf(rounds);
  }

  /**
   * Reads the key that lies beside a recording: {@code NAME.expected.json} of {@code NAME.avro}.
   *
   * @throws IOException if there is none or it is no key; the message names file and reason
   */
  public static AnswerKey beside(Path recording) throws IOException {
    String name = recording.getFileName().toString();
    if (!name.endsWith(RECORDING)) {
      throw new IOException(recording + ": expected a name that ends in " + RECORDING);
    }
    String stem = name.substring(0, name.length() - RECORDING.length());
    Path file = recording.resolveSibling(stem + KEY);
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + ": no answer key beside the recording");
    }
    try {
      return MAPPER.readValue(file.toFile(), AnswerKey.class);
    } catch (JsonProcessingException e) {
      throw new IOException(file + ": no answer key: " + e.getOriginalMessage(), e);
    }
  }
}
