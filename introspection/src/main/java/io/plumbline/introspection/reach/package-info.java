/**
 * From hardware roots to the code that direct control flow reaches, the pointer tables it uses,
 * and, through the data that drives control flow, to a fixpoint. Knows code, paging and hardware;
 * not which kernel it explores.
 */
package io.plumbline.introspection.reach;
