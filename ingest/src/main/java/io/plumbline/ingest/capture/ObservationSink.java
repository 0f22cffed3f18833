package io.plumbline.ingest.capture;

/**
 * Where observations go, in order. One that was accepted is the sink's to keep; a sink that cannot
 * keep up blocks.
 */
@FunctionalInterface
public interface ObservationSink<E extends Exception> {
  /** Takes the next observation. */
  void accept(Observation observation) throws E;
}
