package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.reach.CommonReach;
import java.util.Optional;

/**
 * What the guests of one kind have in common: those of one build whose processors made the kernel
 * patch itself alike.
 *
 * @param reach what the image leads to by itself
 * @param text that all of them have; empty if that of the guest it was learnt from rests on what is
 *     that guest's own
 */
public record GuestKind(CommonReach reach, Optional<KnownText> text) {}
