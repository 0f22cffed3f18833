/**
 * From hardware roots to the code that direct control flow reaches, and the pointer tables it uses.
 * Knows code, paging and hardware; not which kernel it explores.
 */
package io.plumbline.introspection.reach;
