package io.plumbline.introspection.verify.patch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian numbers in arrays of bytes, at any alignment. */
public final class Bytes {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private Bytes() {}

  /** The 32-bit number at {@code at}. */
  public static int intAt(byte[] bytes, int at) {
    return (int) INT.get(bytes, at);
  }

  /** The 64-bit number at {@code at}. */
  public static long longAt(byte[] bytes, int at) {
    return (long) LONG.get(bytes, at);
  }

  /** Writes a 32-bit number. */
  public static void putInt(byte[] bytes, int at, int value) {
    INT.set(bytes, at, value);
  }

  /** Writes a 64-bit number. */
  public static void putLong(byte[] bytes, int at, long value) {
    LONG.set(bytes, at, value);
  }
}
