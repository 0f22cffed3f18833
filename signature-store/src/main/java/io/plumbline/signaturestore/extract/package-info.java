/**
 * What an operating system says about itself: the version banner in a known-good guest's memory and
 * lists of its symbols. With the core's verification the only place that may name one. What is read
 * here names a build for people; no verdict rests on it.
 */
package io.plumbline.signaturestore.extract;
