/**
 * Whole builds as distributions ship them: a kernel and its modules, gathered from packages, files
 * and folders into a signature. Knows extraction and packing; nothing of where signatures go.
 */
package io.plumbline.signaturestore.extract.build;
