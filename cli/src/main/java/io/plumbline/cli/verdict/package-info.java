/**
 * The core's verdict on one saved guest as JSON and as text. Knows the core's nouns; nothing of
 * streams.
 */
package io.plumbline.cli.verdict;
