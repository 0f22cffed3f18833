package io.plumbline.ingest.wire;

import io.plumbline.ingest.capture.Observation;
import io.plumbline.schemas.wire.Contract;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;

/** Writes observations as an Avro container, the same bytes for the same input. */
public final class ObservationFileWriter implements Closeable {
  private final DataFileWriter<io.plumbline.schemas.Observation> file;

  /**
   * A container on {@code out}, whose header is written at once.
   *
   * @param metadata entries of the header, ASCII
   * @param level zstd's, 1 to 22
   * @param blockBytes uncompressed bytes after which a block ends
   * @param syncMarker 16 bytes between the blocks
   */
  public ObservationFileWriter(
      OutputStream out, Map<String, String> metadata, int level, int blockBytes, byte[] syncMarker)
      throws IOException {
    file = new DataFileWriter<>(new SpecificDatumWriter<>(Contract.OBSERVATION.type()));
    file.setCodec(CodecFactory.zstandardCodec(level, true));
    file.setSyncInterval(blockBytes);
    metadata.forEach(file::setMeta);
    file.create(Contract.OBSERVATION.schema(), out, syncMarker);
  }

  /** Appends one observation. */
  public void append(Observation observation) throws IOException {
    file.append(ObservationMapping.toRecord(observation));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
