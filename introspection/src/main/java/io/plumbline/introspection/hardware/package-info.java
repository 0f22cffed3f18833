/**
 * What the hardware says of a guest: the registers of every vCPU as the architecture defines them.
 * Knows addresses, but neither reads memory nor follows a register anywhere.
 */
package io.plumbline.introspection.hardware;
