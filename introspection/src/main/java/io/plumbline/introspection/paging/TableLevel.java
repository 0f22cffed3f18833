package io.plumbline.introspection.paging;

/**
 * One level of a paging structure: how its entries are found and what their bits mean. The rule for
 * a single entry is here, once, for every mode; {@link PagingMode} has the numbers.
 *
 * @param number 1 is the table whose entries are 4 KiB pages, counted upwards to 5
 * @param indexShift lowest bit of the virtual address that selects an entry
 * @param indexBits bits of the virtual address that select an entry
 * @param entryBytes 4 or 8
 * @param pages which present entries map a page rather than name a table
 * @param carriesRights whether R/W, U/S and XD of an entry count; false for PAE's PDPTEs
 * @param tableAddress entry bits that are the physical address of the next table
 * @param tableReserved bits that must be zero in an entry that names a table
 * @param pageAddress entry bits that are the physical address of the mapped page
 * @param pageReserved bits that must be zero in an entry that maps a page
 * @param highAddress PSE-36: entry bits from bit 13 up that are physical address bits from bit 32
 *     up; zero in every other format
 */
public record TableLevel(
    int number,
    int indexShift,
    int indexBits,
    int entryBytes,
    Pages pages,
    boolean carriesRights,
    long tableAddress,
    long tableReserved,
    long pageAddress,
    long pageReserved,
    long highAddress) {

  /** Which present entries of a level map a page. */
  public enum Pages {
    /** None: bit 7 means something else or must be zero. */
    NEVER,
    /** Those with bit 7, PS, set. */
    WHERE_PS,
    /** All: this is the last level. */
    ALWAYS
  }

  /** What an entry says. */
  enum Entry {
    NOT_PRESENT,
    RESERVED_BITS,
    TABLE,
    PAGE
  }

  private static final long PRESENT = 1;
  private static final long PAGE_SIZE = 1 << 7;
  private static final int NO_EXECUTE_BIT = 63;
  private static final int HIGH_ADDRESS_SHIFT = 32 - 13;

  /** Entries in a table of this level. */
  public int entries() {
    return 1 << indexBits;
  }

  /** Bytes of virtual memory that one entry covers, and the size of a page it maps. */
  public long span() {
    return 1L << indexShift;
  }

  /** This level with CR4.PSE clear, when bit 7 is ignored (Intel SDM volume 3A, section 4.3). */
  TableLevel withoutLargePages() {
    return pages == Pages.WHERE_PS
        ? with(Pages.NEVER, tableReserved & ~PAGE_SIZE, pageReserved)
        : this;
  }

  /** This level with EFER.NXE clear, when bit 63 is reserved (section 4.4.2, 4.5.4). */
  TableLevel withoutNoExecute() {
    return entryBytes == Long.BYTES
        ? with(pages, tableReserved | 1L << NO_EXECUTE_BIT, pageReserved | 1L << NO_EXECUTE_BIT)
        : this;
  }

  private TableLevel with(Pages newPages, long newTableReserved, long newPageReserved) {
    return new TableLevel(
        number,
        indexShift,
        indexBits,
        entryBytes,
        newPages,
        carriesRights,
        tableAddress,
        newTableReserved,
        pageAddress,
        newPageReserved,
        highAddress);
  }

  /** Offset of the entry for {@code va} from its table's start, in bytes. */
  int entryOffset(long va) {
    return ((int) (va >>> indexShift) & (entries() - 1)) * entryBytes;
  }

  Entry classify(long entry) {
    if ((entry & PRESENT) == 0) {
      return Entry.NOT_PRESENT;
    }
    boolean page = pages == Pages.ALWAYS || (pages == Pages.WHERE_PS && (entry & PAGE_SIZE) != 0);
    if ((entry & (page ? pageReserved : tableReserved)) != 0) {
      return Entry.RESERVED_BITS;
    }
    return page ? Entry.PAGE : Entry.TABLE;
  }

  /** Physical address of the table that {@code entry} names. */
  long nextTable(long entry) {
    return entry & tableAddress;
  }

  /** Physical address of the first byte of the page that {@code entry} maps. */
  long mappedPage(long entry) {
    return (entry & pageAddress) | (entry & highAddress) << HIGH_ADDRESS_SHIFT;
  }

  /** {@code rights}, as bits, narrowed by {@code entry}. */
  int narrow(int rights, long entry) {
    if (!carriesRights) {
      return rights;
    }
    int allowed = (int) entry & (Rights.USER | Rights.WRITABLE);
    if (entry >>> NO_EXECUTE_BIT == 0) {
      allowed |= Rights.EXECUTABLE;
    }
    return rights & allowed;
  }
}
