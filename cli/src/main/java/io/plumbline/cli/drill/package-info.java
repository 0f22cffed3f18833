/**
 * What a drill said, as JSON, as text and as Markdown. Knows the core's nouns; nothing of images
 * and options.
 */
package io.plumbline.cli.drill;
