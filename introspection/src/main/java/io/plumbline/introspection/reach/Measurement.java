package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.ByteSink;
import io.plumbline.introspection.code.CanonicalForm;
import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.ControlFlow;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;

/**
 * The digests of explored code. Three levels, each a SHA-256: a block over the canonical form of
 * its instructions, a function over its blocks in control-flow order (what is fallen into before
 * what is branched to), the whole over its functions in the order in which the traversal reached
 * them. Nothing of it depends on where the code lies, so the same kernel measures the same in every
 * boot.
 *
 * <p>A block that several functions jump into belongs to the first of them, so that the work is
 * linear in the code however a hostile guest twists it.
 */
public final class Measurement {
  /** Measurements of different versions are never compared; an algorithm is never changed. */
  public static final int VERSION = 1;

  private final long[] entries;
  private final long[] digests;
  private final int blocks;
  private final String digest;

  private Measurement(long[] entries, long[] digests, int blocks, String digest) {
    this.entries = entries;
    this.digests = digests;
    this.blocks = blocks;
    this.digest = digest;
  }

  static Measurement of(CodeMemory memory, CodeMode mode, Traversal traversal) {
    return new Measurer(memory, mode, traversal).measure();
  }

  /** The functions' entries in the order in which they were reached. */
  public GuestVirtualAddress functionEntry(int index) {
    return new GuestVirtualAddress(entries[index]);
  }

  /** The first 64 bits of each function's digest, by the same index. */
  public long[] functionDigests() {
    return digests.clone();
  }

  /** Basic blocks measured. */
  public int blocks() {
    return blocks;
  }

  /** The digest of the whole, 64 hex digits. */
  public String digest() {
    return digest;
  }

  private static final class Measurer {
    private static final int TYPICAL_BLOCK = 256;

    private final CodeMemory memory;
    private final Traversal traversal;
    private final InstructionDecoder decoder;
    private final ByteSink canonical = new ByteSink(TYPICAL_BLOCK);
    private final BitSet[] owned;
    private final MessageDigest ofBlock = sha256();
    private final MessageDigest ofFunction = sha256();
    private final MessageDigest ofWhole = sha256();
    private final LongStack pending = new LongStack();
    private int blocks;

    Measurer(CodeMemory memory, CodeMode mode, Traversal traversal) {
      this.memory = memory;
      this.traversal = traversal;
      this.decoder = InstructionDecoder.forMode(mode);
      this.owned = new BitSet[memory.regions().size()];
      Arrays.setAll(owned, i -> new BitSet(memory.regions().get(i).length()));
    }

    Measurement measure() {
      long[] entries = traversal.functionsInOrder();
      long[] digests = new long[entries.length];
      for (int i = 0; i < entries.length; i++) {
        byte[] digest = function(entries[i]);
        digests[i] = leading64(digest);
        ofWhole.update(digest);
      }
      return new Measurement(entries, digests, blocks, HexFormat.of().formatHex(ofWhole.digest()));
    }

    private byte[] function(long entry) {
      pending.push(entry);
      while (!pending.isEmpty()) {
        long address = pending.pop();
        int region = memory.indexOf(address);
        if (region >= 0 && mine(region, address, entry)) {
          block(region, memory.regions().get(region).offsetOf(address));
        }
      }
      return ofFunction.digest();
    }

    private boolean mine(int region, long address, long entry) {
      int offset = memory.regions().get(region).offsetOf(address);
      boolean otherFunction = address != entry && traversal.functions[region].get(offset);
      if (otherFunction || owned[region].get(offset)) {
        return false;
      }
      owned[region].set(offset);
      return true;
    }

    private void block(int index, int start) {
      CodeRegion region = memory.regions().get(index);
      byte[] code = region.bytes();
      FollowedCode followed = traversal.followed[index];
      BitSet leaders = traversal.leaders[index];
      canonical.clear();
      int offset = start;
      while (offset < code.length && followed.startsAt(offset)) {
        long instruction = decoder.decode(code, offset, code.length);
        ControlFlow flow = Instruction.flow(instruction);
        // Where a block goes is told by the order of blocks. And a kernel may return by RET or by a
        // jump to a thunk, as the processor's model demands.
        if (flow != ControlFlow.JUMP && flow != ControlFlow.RETURN) {
          CanonicalForm.append(code, offset, instruction, canonical);
        }
        int next = offset + Instruction.length(instruction);
        if (flow == ControlFlow.JUMP || flow == ControlFlow.BRANCH) {
          pending.push(Instruction.target(code, offset, instruction, region.start() + offset));
        }
        if (!flow.fallsThrough()) {
          break;
        }
        if (flow == ControlFlow.BRANCH || leaders.get(next)) {
          pending.push(region.start() + next);
          break;
        }
        offset = next;
      }
      blocks++;
      if (canonical.length() > 0) {
        canonical.feed(ofBlock);
        ofFunction.update(ofBlock.digest());
      }
    }

    private static long leading64(byte[] digest) {
      long value = 0;
      for (int i = 0; i < Long.BYTES; i++) {
        value = (value << 8) | (digest[i] & 0xff);
      }
      return value;
    }

    private static MessageDigest sha256() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every Java platform has SHA-256", e);
      }
    }
  }
}
