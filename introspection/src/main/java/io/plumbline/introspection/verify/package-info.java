/**
 * A guest's code and roots against one known build: what a place holds, and what it may hold. Knows
 * exploration and the golden model; not what a verdict is.
 */
package io.plumbline.introspection.verify;
