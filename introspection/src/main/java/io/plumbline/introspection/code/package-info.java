/**
 * Machine code as bytes: where each instruction ends, where it can go next, which of its bytes
 * survive relocation. Knows nothing of guests, paging or kernels.
 */
package io.plumbline.introspection.code;
