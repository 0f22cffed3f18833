package io.plumbline.cli.kafka;

import org.apache.kafka.common.KafkaException;

/** No broker answered in time. */
public final class UnreachableBrokerException extends KafkaException {
  private static final long serialVersionUID = 1L;

  UnreachableBrokerException(String address, Throwable cause) {
    super("no broker answered at " + address, cause);
  }
}
