/**
 * From one IDT entry to the nearest enrolled build. Knows exploration and signatures; not how they
 * are kept.
 */
package io.plumbline.introspection.identify;
