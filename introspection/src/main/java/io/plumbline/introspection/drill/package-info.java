/**
 * Rootkit techniques made on a copy of a real guest's memory and registers, to see whether the
 * judge finds them. Knows how each technique changes a guest and what follows from that, and asks
 * the judge through its one door; has no part in any verdict on a guest, and writes nowhere but to
 * its copies.
 */
package io.plumbline.introspection.drill;
