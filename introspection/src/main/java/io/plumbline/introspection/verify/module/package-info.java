/**
 * Modules in a guest: found by content alone, placed, linked as the loader does, and verified by
 * the rules and the boot facts of their kernel. Knows the model of modules, paging and the patch
 * mechanisms; nothing of the guest's own lists of modules, of findings, files or streams.
 */
package io.plumbline.introspection.verify.module;
