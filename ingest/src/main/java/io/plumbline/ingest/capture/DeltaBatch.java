package io.plumbline.ingest.capture;

import io.plumbline.ingest.capture.Observation.PageDeltas;
import io.plumbline.ingest.capture.Observation.WithdrawnFrame;
import io.plumbline.introspection.memory.PageDelta;
import io.plumbline.introspection.memory.PageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * Gathers a round's changes into observations that stay below {@value #MOST_BYTES} bytes on the
 * wire, half of what a broker takes by default.
 */
final class DeltaBatch<E extends Exception> {
  /** Most bytes of an observation with its envelope and framing. */
  static final int MOST_BYTES = 512 * 1024;

  /** A frame number as Avro writes it: 41 bits, zig-zag, 7 to a byte. */
  private static final int FRAME_BYTES = 6;

  /** Frame number, encoding, length of the payload (2 bytes), digest. */
  private static final int PAGE_OVERHEAD = FRAME_BYTES + 1 + 2 + PageDigest.SIZE;

  private static final int WITHDRAWN_BYTES = FRAME_BYTES + 1;

  /** The framing, the envelope's and the body's numbers at 10 bytes each, both array ends. */
  private static final int ENVELOPE_BYTES = 5 + 10 * 10;

  private final long round;
  private final boolean snapshot;
  private final Out<E> out;
  private final int empty;
  private final List<PageDelta> pages = new ArrayList<>();
  private final List<WithdrawnFrame> withdrawn = new ArrayList<>();
  private int bytes;

  /** Takes what is gathered. */
  interface Out<E extends Exception> {
    void accept(PageDeltas deltas) throws E;
  }

  DeltaBatch(CapturedVm vm, long round, boolean snapshot, Out<E> out) {
    this.round = round;
    this.snapshot = snapshot;
    this.out = out;
    // Three bytes are the most that UTF-8 needs for one char.
    this.empty = ENVELOPE_BYTES + 3 * (vm.vmId().length() + vm.hostId().length());
    this.bytes = empty;
  }

  void add(PageDelta page) throws E {
    makeRoom(PAGE_OVERHEAD + page.payload().length);
    pages.add(page);
  }

  void add(WithdrawnFrame frame) throws E {
    makeRoom(WITHDRAWN_BYTES);
    withdrawn.add(frame);
  }

  void flush() throws E {
    if (bytes > empty) {
      PageDeltas deltas = new PageDeltas(round, snapshot, pages, withdrawn);
      pages.clear();
      withdrawn.clear();
      bytes = empty;
      out.accept(deltas);
    }
  }

  private void makeRoom(int more) throws E {
    if (bytes + more > MOST_BYTES) {
      flush();
    }
    bytes += more;
  }
}
