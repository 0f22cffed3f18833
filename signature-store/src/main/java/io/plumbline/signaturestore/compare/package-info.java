/** How far two builds are apart. Knows the model of a known kernel and nothing else. */
package io.plumbline.signaturestore.compare;
