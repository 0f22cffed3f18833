/**
 * Hardware state from a JSON file beside an image, for formats that carry memory only. Knows the
 * JSON's shape; must not know any image format.
 */
package io.plumbline.ingest.guest.registers;
