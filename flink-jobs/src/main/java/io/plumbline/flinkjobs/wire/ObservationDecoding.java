package io.plumbline.flinkjobs.wire;

import io.plumbline.flinkjobs.state.ObservationKind;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.PageForm;
import io.plumbline.flinkjobs.state.PageRecord;
import io.plumbline.flinkjobs.state.RoundCounts;
import io.plumbline.flinkjobs.state.VcpuRecord;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.schemas.CaptureBoundary;
import io.plumbline.schemas.LifeCycle;
import io.plumbline.schemas.LifeCycleEvent;
import io.plumbline.schemas.Observation;
import io.plumbline.schemas.PageDeltas;
import io.plumbline.schemas.VcpuStates;
import io.plumbline.schemas.wire.WireFormatException;
import java.util.List;

/** An observation as Avro has it to the flat record, with every check that needs no state. */
final class ObservationDecoding {
  /** Longer names are nobody's; they would be key, log line and state key a million times. */
  private static final int LONGEST_NAME = 255;

  private static final long[] NO_FRAMES = {};

  private ObservationDecoding() {}

  static VmObservation decode(Observation avro, Origin origin, byte[] original)
      throws WireFormatException {
    Fields fields = new Fields(avro, origin, original);
    name("vmId", avro.getVmId());
    name("hostId", avro.getHostId());
    notNegative("collectorEpoch", avro.getCollectorEpoch());
    notNegative("sequence", avro.getSequence());
    Object body = avro.getBody();
    if (body instanceof PageDeltas pages) {
      return pages(fields, pages);
    } else if (body instanceof VcpuStates vcpus) {
      notNegative("round", vcpus.getRound());
      List<VcpuRecord> records = VcpuDecoding.decode(vcpus.getVcpus());
      return fields.observation(
          ObservationKind.VCPUS, vcpus.getRound(), vcpus.getSnapshot(), original, records);
    } else if (body instanceof CaptureBoundary boundary) {
      return boundary(fields, boundary);
    } else if (body instanceof LifeCycle event) {
      boolean stopped = event.getEvent() == LifeCycleEvent.STOPPED;
      ObservationKind kind = stopped ? ObservationKind.STOPPED : ObservationKind.RESET;
      return fields.observation(kind, 0, false, original, List.of());
    }
    throw new WireFormatException("observation: expected a known body, found another");
  }

  private static VmObservation pages(Fields fields, PageDeltas avro) throws WireFormatException {
    notNegative("round", avro.getRound());
    PageDecoding.Frames frames = new PageDecoding.Frames(avro.getSnapshot());
    List<PageRecord> pages = frames.changed(avro.getPages());
    long[] withdrawn = frames.withdrawn(avro.getWithdrawn());
    boolean refusable = pages.stream().anyMatch(page -> page.form() == PageForm.PATCH);
    VmObservation bare =
        fields.observation(
            ObservationKind.PAGES,
            avro.getRound(),
            avro.getSnapshot(),
            refusable ? fields.original : null,
            List.of());
    return with(bare, pages, withdrawn, null, false);
  }

  private static VmObservation boundary(Fields fields, CaptureBoundary avro)
      throws WireFormatException {
    notNegative("round", avro.getRound());
    VmObservation bare =
        fields.observation(
            ObservationKind.BOUNDARY,
            avro.getRound(),
            avro.getSnapshot(),
            fields.original,
            List.of());
    RoundCounts counts =
        new RoundCounts(
            avro.getFirstSequence(), avro.getFramesChanged(), avro.getFramesWithdrawn());
    return with(bare, List.of(), NO_FRAMES, counts, avro.getPaused());
  }

  private static VmObservation with(
      VmObservation bare,
      List<PageRecord> pages,
      long[] withdrawn,
      RoundCounts counts,
      boolean paused) {
    return new VmObservation(
        bare.vmId(),
        bare.hostId(),
        bare.epoch(),
        bare.sequence(),
        bare.capturedAtMicros(),
        bare.kind(),
        bare.round(),
        bare.snapshot(),
        bare.origin(),
        bare.original(),
        bare.vcpus(),
        pages,
        withdrawn,
        counts,
        paused);
  }

  private static void name(String field, String value) throws WireFormatException {
    boolean printable = value.chars().noneMatch(Character::isISOControl);
    if (value.isBlank() || value.length() > LONGEST_NAME || !printable) {
      throw new WireFormatException(
          "observation: expected "
              + field
              + " of 1 to "
              + LONGEST_NAME
              + " printable characters, found "
              + value.length()
              + (printable ? "" : ", some of them control characters"));
    }
  }

  private static void notNegative(String field, long value) throws WireFormatException {
    if (value < 0) {
      throw new WireFormatException(
          "observation: expected " + field + " of 0 or more, found " + value);
    }
  }

  /** The envelope, and where it came from. */
  private record Fields(Observation avro, Origin origin, byte[] original) {
    VmObservation observation(
        ObservationKind kind, long round, boolean snapshot, byte[] kept, List<VcpuRecord> vcpus) {
      return new VmObservation(
          avro.getVmId(),
          avro.getHostId(),
          avro.getCollectorEpoch(),
          avro.getSequence(),
          Micros.of(avro.getCapturedAt()),
          kind,
          round,
          snapshot,
          origin,
          kept,
          vcpus,
          List.of(),
          NO_FRAMES,
          null,
          false);
    }
  }
}
