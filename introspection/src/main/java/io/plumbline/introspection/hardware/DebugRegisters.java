package io.plumbline.introspection.hardware;

/** DR0-DR3, DR6 and DR7 (Intel SDM volume 3B, section 18.2). */
public record DebugRegisters(long dr0, long dr1, long dr2, long dr3, long dr6, long dr7) {}
