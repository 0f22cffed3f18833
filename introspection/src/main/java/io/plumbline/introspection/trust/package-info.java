/**
 * The verdict on a guest: the trust rules, findings with their evidence, coverage. Knows the rest
 * of the core; nothing of streams, files or time.
 */
package io.plumbline.introspection.trust;
