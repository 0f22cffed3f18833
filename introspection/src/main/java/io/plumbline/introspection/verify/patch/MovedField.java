package io.plumbline.introspection.verify.patch;

/** The next field of one kind that holds an address in two guests' copies of a text. */
final class MovedField {
  /** Where no field ends. */
  static final int NONE = -1;

  private final int[] fields;
  private final int bytes;
  private final long moved;
  private int next;

  /**
   * @param fields places of their first bytes, ascending
   * @param next the first that counts
   * @param bytes that each has
   * @param moved what has to be added to the one guest's for the other's
   */
  MovedField(int[] fields, int next, int bytes, long moved) {
    this.fields = fields;
    this.next = next;
    this.bytes = bytes;
    this.moved = moved;
  }

  /**
   * The place behind the field that {@code place} lies in, if both hold the same address there.
   * Asked for one place after the other, ascending.
   *
   * @param shift from places to indices of {@code one}
   * @param otherShift from places to indices of {@code other}
   * @return {@link #NONE} if no field has the place, or not the same address
   */
  int behind(int place, byte[] one, int shift, byte[] other, int otherShift) {
    while (next < fields.length && fields[next] + bytes <= place) {
      next++;
    }
    if (next == fields.length || fields[next] > place) {
      return NONE;
    }
    int at = fields[next] + shift;
    int otherAt = fields[next] + otherShift;
    boolean whole =
        Math.min(at, otherAt) >= 0 && at + bytes <= one.length && otherAt + bytes <= other.length;
    return whole && holdMoved(one, at, other, otherAt) ? fields[next] + bytes : NONE;
  }

  private boolean holdMoved(byte[] one, int at, byte[] other, int otherAt) {
    return bytes == Long.BYTES
        ? Bytes.longAt(other, otherAt) == Bytes.longAt(one, at) + moved
        : Bytes.intAt(other, otherAt) == Bytes.intAt(one, at) + (int) moved;
  }
}
