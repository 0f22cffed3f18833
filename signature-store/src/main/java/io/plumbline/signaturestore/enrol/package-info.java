/**
 * Makes a signature of a build out of known-good guests: what their roots reach is what good looks
 * like. Knows the core's exploration; not files, topics or operating systems.
 */
package io.plumbline.signaturestore.enrol;
