/** Reading hostile bytes within bounds. Knows nothing of what the bytes mean. */
package io.plumbline.signaturestore.extract.bytes;
