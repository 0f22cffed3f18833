/**
 * How Linux on x86 rewrites its own text while it boots and runs, one mechanism a class: what it
 * read from the guest to decide, and the one value that a site may then have. Rules name the kernel
 * file that they follow. Knows the model of an image and arrays of bytes; nothing of paging,
 * findings or verdicts.
 */
package io.plumbline.introspection.verify.patch;
