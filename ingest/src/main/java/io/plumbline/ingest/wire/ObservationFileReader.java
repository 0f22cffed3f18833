package io.plumbline.ingest.wire;

import io.plumbline.ingest.capture.Observation;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.WireFormatException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.SeekableFileInput;
import org.apache.avro.io.DatumReader;

/**
 * Reads observations from an Avro container, one block in memory at a time. The caller has checked
 * the lengths in the container, which Avro believes.
 */
public final class ObservationFileReader implements Closeable {
  private final DataFileReader<io.plumbline.schemas.Observation> file;

  /**
   * Opens the container.
   *
   * @throws WireFormatException if the header is none of an Avro container
   */
  public ObservationFileReader(Path path) throws IOException, WireFormatException {
    SeekableFileInput input = new SeekableFileInput(path.toFile());
    try {
      file = new DataFileReader<>(input, new WrittenSchemaReader());
    } catch (IOException | RuntimeException e) {
      input.close();
      throw new WireFormatException(
          "expected an Avro container, found " + WireFormatException.reason(e), e);
    }
  }

  /** The next observation, or empty at the end. */
  public Optional<Observation> next() throws WireFormatException {
    try {
      return file.hasNext()
          ? Optional.of(ObservationMapping.fromRecord(file.next()))
          : Optional.empty();
    } catch (RuntimeException e) {
      throw new WireFormatException(
          "expected an observation, found bytes that are none: " + WireFormatException.reason(e),
          e);
    }
  }

  /** About how many bytes of the file are behind the last observation. */
  public long position() throws IOException {
    return file.previousSync();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** Becomes a reader of the contract when the container says what schema it was written in. */
  private static final class WrittenSchemaReader
      implements DatumReader<io.plumbline.schemas.Observation> {
    private DatumReader<io.plumbline.schemas.Observation> reader;

    @Override
    public void setSchema(Schema written) {
      reader = Contract.OBSERVATION.reader(written);
    }

    @Override
    public io.plumbline.schemas.Observation read(
        io.plumbline.schemas.Observation reuse, org.apache.avro.io.Decoder in) throws IOException {
      if (reader == null) {
        throw new AvroRuntimeException("the container names no schema");
      }
      return reader.read(null, in);
    }
  }
}
