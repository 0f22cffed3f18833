/**
 * What is watched of a guest beyond code and read-only data: how interrupts are delivered, control
 * registers, system calls' dispatch, the list of modules. Each monitor rests on {@link
 * io.plumbline.introspection.trust.TrustedKernel} alone, knows the kernel's rules as data with
 * their source, and keeps nothing of a guest. Monitors are found as services: {@code
 * META-INF/services/io.plumbline.introspection.trust.Monitor}.
 */
package io.plumbline.introspection.monitor;
