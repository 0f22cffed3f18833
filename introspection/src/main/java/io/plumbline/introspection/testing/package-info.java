/**
 * Tiny guests in memory, with real page tables and descriptor tables and the answer key of what was
 * put where. For tests of any module; main code of no other package may use it. Knows the formats
 * from the Intel SDM on its own and not from the packages that it tests.
 */
package io.plumbline.introspection.testing;
