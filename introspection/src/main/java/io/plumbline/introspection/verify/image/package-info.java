/**
 * A guest's kernel text and read-only data against a package's image, byte by byte: where the image
 * lies, what the boot decided, what every byte must be, and a verdict per page. Knows paging, the
 * model of an image and the patch mechanisms; nothing of findings, files or streams.
 */
package io.plumbline.introspection.verify.image;
