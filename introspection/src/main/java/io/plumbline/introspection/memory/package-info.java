/**
 * Guest memory as numbers with types and pages with bytes, and the port through which the core
 * reads it. Knows nothing of paging, images or streams.
 */
package io.plumbline.introspection.memory;
