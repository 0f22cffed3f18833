/**
 * QEMU's migration stream (QEMU docs/devel/migration/main.rst, migration/savevm.c, version 3 of the
 * file format): sections of RAM, sections of device state, and behind them the JSON that describes
 * the device sections field by field. The stream is read by its own description, so that devices
 * and QEMU versions that nobody has heard of are no obstacle; only the names of the CPU's fields
 * are known here. Must not know what contains the stream (a file, a libvirt save).
 */
package io.plumbline.ingest.guest.qemu;
