package io.plumbline.introspection.paging;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;

/**
 * A page table that the page source does not have: code may hide in what it covers.
 *
 * @param frame where the table should be
 * @param level of the table, 1 to 5
 * @param start first virtual address it translates
 * @param length bytes of virtual memory it translates
 * @param rights what the levels above allow; {@code user} says that user entries alone lead there
 */
public record UnreadableTable(
    FrameNumber frame, int level, GuestVirtualAddress start, long length, Rights rights) {}
