/**
 * Reading files that an attacker may have written: every read is checked against the file's end,
 * every complaint names the file, the offset, what was expected and what was found. Knows no
 * format.
 */
package io.plumbline.ingest.guest.file;
