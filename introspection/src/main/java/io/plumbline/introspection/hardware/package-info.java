/**
 * What the hardware knows of a guest: the registers of every vCPU and the roots of control flow
 * that follow from them (IDT gates, system-call MSRs). Knows memory and paging; not what the code
 * behind a root is, nor which operating system it belongs to.
 */
package io.plumbline.introspection.hardware;
