/**
 * Formats that are memory and nothing else: ranges of physical addresses, each a run of bytes in
 * the file. They carry no registers.
 */
package io.plumbline.ingest.guest.plain;
