package io.plumbline.introspection.paging;

/**
 * What the page tables allow at an address, narrowed over every level (Intel SDM volume 3A, section
 * 4.6). Whether CR0.WP and CR4.SMEP make the supervisor obey them is the {@link AddressSpace}'s.
 *
 * @param user every level has U/S set
 * @param writable every level has R/W set
 * @param executable no level has XD set
 */
public record Rights(boolean user, boolean writable, boolean executable) {
  /** As bits for loops: executable; the other two are where a page-table entry has them. */
  static final int EXECUTABLE = 1;

  static final int WRITABLE = 1 << 1;
  static final int USER = 1 << 2;
  static final int ALL = EXECUTABLE | WRITABLE | USER;

  private static final Rights[] BY_BITS = new Rights[ALL + 1];

  static {
    for (int bits = 0; bits <= ALL; bits++) {
      BY_BITS[bits] =
          new Rights((bits & USER) != 0, (bits & WRITABLE) != 0, (bits & EXECUTABLE) != 0);
    }
  }

  /** Supervisor, read and execute: what kernel text should have. */
  public static final Rights KERNEL_CODE = of(EXECUTABLE);

  /** Supervisor, read and write, no execution: what kernel data should have. */
  public static final Rights KERNEL_DATA = of(WRITABLE);

  /** Supervisor, read only, no execution. */
  public static final Rights KERNEL_READ_ONLY = of(0);

  /** User, read and execute. */
  public static final Rights USER_CODE = of(USER | EXECUTABLE);

  /** User, read and write, no execution. */
  public static final Rights USER_DATA = of(USER | WRITABLE);

  /** Everything that an entry can allow. */
  public static final Rights EVERYTHING = of(ALL);

  static Rights of(int bits) {
    return BY_BITS[bits];
  }

  /** What both allow: the rights of a page whose upper level has {@code other}. */
  public Rights and(Rights other) {
    return new Rights(
        user && other.user, writable && other.writable, executable && other.executable);
  }

  /**
   * Four letters: s or u for supervisor or user, then r, w and x or a dash; {@code sr-x} is code.
   */
  @Override
  public String toString() {
    return (user ? "u" : "s") + "r" + (writable ? "w" : "-") + (executable ? "x" : "-");
  }
}
