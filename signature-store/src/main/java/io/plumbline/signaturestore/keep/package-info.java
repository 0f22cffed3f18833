/**
 * Keeps signatures: the file format, and a directory of files named by their content. Knows the
 * model of a known kernel and bytes; knows nothing of guests, of topics, or of how a signature was
 * made.
 */
package io.plumbline.signaturestore.keep;
