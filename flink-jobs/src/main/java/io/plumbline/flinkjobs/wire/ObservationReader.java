package io.plumbline.flinkjobs.wire;

import io.plumbline.flinkjobs.state.IncomingObservation;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.schemas.Observation;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.RecordCodec;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import io.plumbline.schemas.wire.WireFormatException;
import java.nio.charset.StandardCharsets;

/** Reads the observations topic. */
public final class ObservationReader implements RecordReader<IncomingObservation> {
  private final RecordCodec<Observation> codec;

  /** A reader that asks this registry for schemas. */
  public ObservationReader(SchemaRegistry registry) {
    this.codec = new RecordCodec<>(Contract.OBSERVATION, registry);
  }

  @Override
  public IncomingObservation read(Origin origin, byte[] key, byte[] value)
      throws SchemaRegistryException {
    try {
      if (value == null) {
        throw new WireFormatException(origin + ": expected an observation, found no value");
      }
      VmObservation observation = ObservationDecoding.decode(codec.decode(value), origin, value);
      checkKey(key, observation.vmId());
      return new IncomingObservation(observation, null);
    } catch (WireFormatException e) {
      return new IncomingObservation(null, new Refusal(origin, e.getMessage(), key, value));
    }
  }

  /** Order within a VM is order within a partition, so a record under another key has no place. */
  private static void checkKey(byte[] key, String vmId) throws WireFormatException {
    String found = key == null ? "no key" : new String(key, StandardCharsets.UTF_8);
    if (!found.equals(vmId)) {
      throw new WireFormatException(
          "observation: expected its VM's name "
              + vmId
              + " as the key, found "
              + (key == null ? found : "another of " + key.length + " bytes"));
    }
  }
}
