package io.plumbline.flinkjobs.state;

/** What a record says of its finding. */
public enum FindingActivity {
  /** It was not there in the verdict before. */
  OPEN,
  /** It was there and looks different now. */
  UPDATE,
  /** It was there and is no more. */
  CLOSE
}
