/**
 * What an operating system says about itself: the version banner, lists of its symbols, and in the
 * packages below kernels and modules as distributions ship them. With the core's verification the
 * only place that may name one. The banner and a list of symbols name a build for people; no
 * verdict rests on them.
 */
package io.plumbline.signaturestore.extract;
