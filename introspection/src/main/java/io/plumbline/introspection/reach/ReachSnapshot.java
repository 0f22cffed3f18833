package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.CodeMode;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * What a graph came to, without the guest that it is of: nodes, pages without their content, and
 * where they lead. Nobody changes it any more.
 *
 * @param words which words of its data may be pointers
 * @param shapes the pages, which guests go on from
 * @param roots where the hardware enters
 * @param functions pointed places at which a function begins
 * @param foreign those where no trusted code is
 * @param watched pointed places that their pages know
 * @param objects pieces of data that were taken up
 * @param instructions that are followed
 * @param bytes of them, by the step, by place, that is needed for them
 * @param unseen where pages begin that code has addresses on and that were not looked at, and the
 *     numbers of the pages that have them
 * @param nothing addresses of pages that were looked for and are not there
 */
record ReachSnapshot(
    CodeMode mode,
    PointerWords words,
    ReachNodes nodes,
    List<ReachedPage> shapes,
    BitSet roots,
    BitSet functions,
    BitSet foreign,
    BitSet watched,
    int objects,
    long instructions,
    long[] bytes,
    Map<Long, BitSet> unseen,
    long[] nothing) {}
