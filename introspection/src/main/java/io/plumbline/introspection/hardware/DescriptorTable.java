package io.plumbline.introspection.hardware;

import io.plumbline.introspection.memory.GuestVirtualAddress;

/**
 * GDTR or IDTR (Intel SDM volume 3A, section 2.4).
 *
 * @param base linear address of the table
 * @param limit offset of the table's last byte, 0 to 65535
 */
public record DescriptorTable(GuestVirtualAddress base, int limit) {}
