/**
 * Where guest memory comes from: saved images of any format a host writes, recognised by content
 * and shown as one {@link io.plumbline.ingest.guest.GuestImage}. Knows hypervisors and file
 * formats; must not know what lies in the memory, what is captured of it, or where it is published.
 */
package io.plumbline.ingest.guest;
