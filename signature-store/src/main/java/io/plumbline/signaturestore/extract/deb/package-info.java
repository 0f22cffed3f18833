/** Debian packages: what they are called, and the files in them. Knows nothing of kernels. */
package io.plumbline.signaturestore.extract.deb;
