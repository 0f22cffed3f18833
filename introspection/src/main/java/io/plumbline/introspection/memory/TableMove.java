package io.plumbline.introspection.memory;

/**
 * The top table of a vCPU's page tables lies elsewhere now, as after a switch of tasks.
 *
 * @param to the same as {@code from} if it does not
 */
public record TableMove(FrameNumber from, FrameNumber to) {}
