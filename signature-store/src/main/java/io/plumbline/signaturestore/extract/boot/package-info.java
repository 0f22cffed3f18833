/**
 * The boot image that a distribution installs: a loader around a compressed kernel. Knows its
 * header and the codecs; knows nothing of what is inside.
 */
package io.plumbline.signaturestore.extract.boot;
