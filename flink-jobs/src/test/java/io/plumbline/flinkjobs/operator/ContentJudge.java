package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.EnrolledRoots;
import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.FieldTable;
import io.plumbline.introspection.golden.GoldenCode;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.SymbolTable;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageWords;
import io.plumbline.introspection.trust.Coverage;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Follower;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Judge;
import io.plumbline.introspection.trust.Relevance;
import io.plumbline.introspection.trust.Severity;
import io.plumbline.introspection.trust.Timings;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A judge of guests of {@link #FRAMES} frames: the first byte of frame 0 names the build, a first
 * byte of 0xEE in another frame is a violation, a frame that is not there is unreadable.
 */
public final class ContentJudge implements Judge {
  public static final int FRAMES = 12;
  public static final byte TAMPERED = (byte) 0xee;

  public static KernelSignature signatureOf(int build) {
    return new EnrolledSignature(
        idOf(build),
        new BuildName("Linux", "build-" + build, "1"),
        CodeMode.LONG_64,
        0,
        new EnrolledRoots(Map.of(), Map.of()),
        new GoldenCode(new byte[0], new BitSet(), FieldTable.NONE, Map.of()),
        List.of(),
        new long[0],
        SymbolTable.NONE,
        List.of(),
        1);
  }

  public static SignatureId idOf(int build) {
    return new SignatureId("sha256:" + String.format("%064x", build));
  }

  /** The first word of each frame counts, and whether there is one: in the core's own form. */
  private static Relevance relevance() {
    ByteBuffer bytes = ByteBuffer.allocate(2 + Long.BYTES + Integer.BYTES + 1 + PageWords.BYTES);
    bytes.put((byte) 1).put((byte) 1).putLong(0).putInt(FRAMES).put((byte) (2 << 1 | 1));
    PageWords.around(0, 1).put(bytes);
    return Relevance.of(bytes.array()).orElseThrow();
  }

  @Override
  public Follower follower() {
    return new Follower() {
      @Override
      public Verdict judge(Guest guest, SignatureBook book) {
        return ContentJudge.this.judge(guest, book);
      }

      @Override
      public Verdict follow(Guest now, Collection<FrameNumber> frames, SignatureBook book) {
        return ContentJudge.this.judge(now, book);
      }

      @Override
      public Optional<Relevance> relevance() {
        return Optional.of(ContentJudge.relevance());
      }
    };
  }

  @Override
  public Verdict judge(Guest guest, SignatureBook book) {
    List<Finding> findings = new ArrayList<>();
    long bytes = 0;
    for (int number = 0; number < FRAMES; number++) {
      FrameNumber frame = new FrameNumber(number);
      Optional<PageBytes> page = guest.memory().read(frame);
      if (page.isEmpty()) {
        findings.add(finding(guest.vmId(), FindingType.UNREADABLE, frame, "nothing"));
      } else if (page.get().byteAt(0) == (TAMPERED & 0xff)) {
        String actual = Integer.toString(page.get().byteAt(1));
        findings.add(
            finding(guest.vmId(), FindingType.UNEXPECTED_CODE_MODIFICATION, frame, actual));
      }
      bytes += page.map(content -> (long) content.byteAt(2)).orElse(0L);
    }
    Identity identity = identity(guest, book);
    boolean violated = findings.stream().anyMatch(each -> each.type().violation());
    boolean decided = findings.isEmpty() && identity.state() == Identity.State.EXACT;
    return new Verdict(
        identity,
        new Coverage(4096L * FRAMES, 4096, bytes, 0, 0),
        violated ? TrustState.VIOLATED : decided ? TrustState.TRUSTED : TrustState.UNDECIDED,
        findings,
        List.of("LSTAR of vCPU 0 is " + guest.vcpus().get(0).msrs().orElseThrow().lstar()),
        new Timings(0, 0, 0));
  }

  private static Identity identity(Guest guest, SignatureBook book) {
    String build =
        guest.memory().read(new FrameNumber(0)).map(page -> "build-" + page.byteAt(0)).orElse("");
    for (KernelSignature each : book.signatures()) {
      if (each.name().build().equals(build)) {
        return new Identity(
            Identity.State.EXACT,
            Optional.of(each.name()),
            Optional.of(each.id()),
            0,
            0,
            0,
            Optional.empty());
      }
    }
    return Identity.unknown(0);
  }

  private static Finding finding(String vmId, FindingType type, FrameNumber frame, String actual) {
    return new Finding(
        type,
        Severity.HIGH,
        0,
        new GuestVirtualAddress(frame.start().value()),
        "frame" + frame,
        "kernel",
        "a good page",
        actual,
        List.of("IDT[0]"),
        Optional.of(frame),
        Finding.uid(vmId, type, frame.toString()));
  }
}
