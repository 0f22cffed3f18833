/**
 * Many guests out of a few recorded ones: histories that nobody recorded, and a fleet that is
 * measured. Knows recordings, the publisher and the results; nothing of how a verdict comes about.
 */
package io.plumbline.cli.fleet;
