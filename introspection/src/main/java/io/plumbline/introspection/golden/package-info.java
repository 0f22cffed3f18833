/**
 * The model of a known kernel, as verification reads it. Filled by the signature store; knows
 * nothing of guests.
 */
package io.plumbline.introspection.golden;
