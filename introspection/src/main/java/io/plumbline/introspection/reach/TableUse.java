package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;

/**
 * A pointer table that reached code reads by index.
 *
 * @param table its first entry
 * @param site the first instruction found that uses it
 * @param function the function that instruction was reached through
 */
public record TableUse(
    GuestVirtualAddress table, GuestVirtualAddress site, GuestVirtualAddress function) {}
