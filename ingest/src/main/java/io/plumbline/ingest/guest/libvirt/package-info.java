/**
 * What libvirt puts around QEMU's migration stream in {@code virsh save} and {@code virsh
 * managedsave} files. Knows the header and the compression; must not know the stream.
 */
package io.plumbline.ingest.guest.libvirt;
