/**
 * How fast the core is, measured on one guest in one run. Knows the core's doors and Capstone as
 * the yardstick; has no part in any verdict, and no clock but the one it is given.
 */
package io.plumbline.introspection.bench;
