/**
 * Where control flow enters a kernel by the hardware's own rules: IDT gates and system-call
 * registers, read through the address space of each vCPU. Knows registers, paging and memory; not
 * what the code behind a root is, nor which operating system it belongs to.
 */
package io.plumbline.introspection.roots;
