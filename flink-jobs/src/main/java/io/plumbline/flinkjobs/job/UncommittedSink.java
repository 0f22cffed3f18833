package io.plumbline.flinkjobs.job;

import java.io.IOException;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/**
 * A sink whose writer alone does the work, as at-least-once needs no more: at a checkpoint the
 * writer flushes, and nothing is left to commit. Without this, Flink puts a committer behind the
 * writer, which never has anything to do, and which (as of 2.3) registers its gauge anew at every
 * checkpoint and warns of a name collision each time.
 *
 * @param writing a sink that may support commits; they are not used
 */
record UncommittedSink<T>(Sink<T> writing) implements Sink<T> {
  @Override
  public SinkWriter<T> createWriter(WriterInitContext context) throws IOException {
    return writing.createWriter(context);
  }
}
