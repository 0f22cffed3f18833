/**
 * Guests that are made to break the core, by the hundred thousand: what is done to them, what looks
 * at them, and the laws that hold whatever they are. Everything follows from a seed.
 */
package io.plumbline.introspection.fuzz;
