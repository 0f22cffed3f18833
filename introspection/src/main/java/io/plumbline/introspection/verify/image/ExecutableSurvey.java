package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.ExecutableRange;
import io.plumbline.introspection.verify.dynamic.BpfPrograms;
import io.plumbline.introspection.verify.dynamic.DynamicCode;
import io.plumbline.introspection.verify.dynamic.KernelProbes;
import io.plumbline.introspection.verify.dynamic.RealModeCode;
import io.plumbline.introspection.verify.dynamic.TracerTrampolines;
import io.plumbline.introspection.verify.patch.AlignedThunks;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/** Accounts for every page that the supervisor may execute and that is not the image's text. */
final class ExecutableSurvey {
  private static final int PAGE = PageBytes.SIZE;
  private static final byte INT3 = (byte) 0xcc;

  /**
   * Pages of all ranges that are looked at one by one, 64 MiB; what lies beyond is unowned. The
   * largest stock kernels have 17 MiB that is executable.
   */
  private static final long MOST_PAGES = 1 << 14;

  private final long textStart;
  private final long textEnd;
  private final RealModeCode realMode;
  private final BpfPrograms programs;
  private final TracerTrampolines trampolines;
  private final KernelProbes probes;
  private final OtherCode others;
  private final LongFunction<Optional<PageBytes>> pages;
  private boolean writable;
  private long looked;
  private final List<DynamicCode> found = new ArrayList<>();

  ExecutableSurvey(
      ImageLayout layout,
      long slide,
      RealModeCode realMode,
      BpfPrograms programs,
      TracerTrampolines trampolines,
      KernelProbes probes,
      OtherCode others,
      LongFunction<Optional<PageBytes>> pages) {
    this.textStart = layout.base() + slide;
    this.textEnd = textStart + layout.textBytes();
    this.realMode = realMode;
    this.programs = programs;
    this.trampolines = trampolines;
    this.probes = probes;
    this.others = others;
    this.pages = pages;
  }

  List<DynamicCode> of(ExecutableMemory executable, PageSource memory) {
    for (ExecutableRange range : executable.kernelRanges()) {
      long start = range.start().value();
      writable = range.rights().writable();
      if (!isText(start)) {
        long explained = byShape(range, memory);
        surveyPages(start + explained * PAGE, range.pages() - explained);
      } else {
        long inText = Math.min(range.pages(), (textEnd - start) / PAGE);
        surveyPages(textEnd, range.pages() - inText);
      }
    }
    return found;
  }

  /** Pages from the range's start that are of a kind which spans pages. */
  private long byShape(ExecutableRange range, PageSource memory) {
    if (looked >= MOST_PAGES) {
      return 0;
    }
    if (!mayHaveShape(range, memory)) {
      return 0;
    }
    byte[] bytes = read(range, BpfPrograms.MOST_PAGES, memory);
    long start = range.start().value();
    boolean whole = bytes.length == range.length();
    if (whole && realMode.explains(bytes, firstFrame(range))) {
      add(start, range.pages(), DynamicCode.Kind.REAL_MODE, true, "real-mode trampoline");
      return range.pages();
    }
    BpfPrograms.Found found = programs.at(bytes, start);
    if (found.pages() > 0) {
      add(
          start,
          found.pages(),
          DynamicCode.Kind.BPF_PROGRAMS,
          found.confined(),
          found.programs()
              + (found.confined()
                  ? " BPF programs that call BPF helpers only"
                  : " BPF programs, not all of which keep to BPF helpers"));
    }
    return found.pages();
  }

  /** The first page tells of most ranges, modules' among them, that they are of no such kind. */
  private boolean mayHaveShape(ExecutableRange range, PageSource memory) {
    if (realMode.mayLieIn(range.length(), firstFrame(range))) {
      return true;
    }
    byte[] first = read(range, 1, memory);
    long most = Math.min(range.length(), (long) BpfPrograms.MOST_PAGES * PAGE);
    return first.length > 0 && BpfPrograms.mayBeginWith(first, most);
  }

  private static long firstFrame(ExecutableRange range) {
    return range.runs().get(0).frame().value();
  }

  private void surveyPages(long start, long pages) {
    for (long page = 0; page < pages; page++) {
      if (looked++ >= MOST_PAGES) {
        add(
            start + page * PAGE,
            pages - page,
            DynamicCode.Kind.UNOWNED,
            false,
            "not looked at: more than " + MOST_PAGES + " pages");
        return;
      }
      surveyPage(start + page * PAGE);
    }
  }

  private void surveyPage(long address) {
    Optional<TracerTrampolines.Trampoline> trampoline = trampolines.at(address);
    if (trampoline.isPresent()) {
      add(
          address,
          1,
          DynamicCode.Kind.TRACER_TRAMPOLINE,
          true,
          String.format("copy of %s", trampoline.get().tracer()));
    } else if (others.isKept(address) || others.explains(address)) {
      boolean explained = others.explains(address);
      add(address, 1, DynamicCode.Kind.MODULE, explained, others.ownerOf(address).orElseThrow());
    } else {
      surveyFill(address);
    }
  }

  /**
   * Pages that the kernel keeps for later: what was in use once, and what probes may use again.
   * Copies of instructions are told by the text, all of which may be searched for them.
   */
  private void surveyLeftover(long address) {
    Optional<TracerTrampolines.Trampoline> idle = trampolines.idleAt(address);
    Optional<String> slots = idle.isPresent() ? Optional.empty() : probes.pageAt(address);
    if (idle.isPresent()) {
      String tracer = String.format("copy of %s that nothing calls", idle.get().tracer());
      add(address, 1, DynamicCode.Kind.TRACER_TRAMPOLINE, true, tracer);
    } else if (slots.isPresent()) {
      add(address, 1, DynamicCode.Kind.PROBE_SLOTS, true, slots.get());
    } else if (others.ownerOf(address).isPresent()) {
      add(address, 1, DynamicCode.Kind.MODULE, false, others.ownerOf(address).get());
    } else {
      add(address, 1, DynamicCode.Kind.UNOWNED, false, "no known owner");
    }
  }

  /** Pages of thunks, and what is left of memory that is kept for code: INT3. */
  private void surveyFill(long address) {
    byte[] page = pages.apply(address).map(PageBytes::toByteArray).orElse(new byte[PAGE]);
    if (AlignedThunks.fill(page)) {
      add(address, 1, DynamicCode.Kind.BRANCH_THUNKS, true, "thunks of indirect branches");
    } else if (isTraps(page)) {
      add(address, 1, DynamicCode.Kind.TRAPS, true, "INT3");
    } else {
      surveyLeftover(address);
    }
  }

  private static boolean isTraps(byte[] page) {
    for (byte each : page) {
      if (each != INT3) {
        return false;
      }
    }
    return true;
  }

  private boolean isText(long address) {
    return address - textStart >= 0 && address - textEnd < 0;
  }

  /** The range's first pages, as far as they can be read. */
  private static byte[] read(ExecutableRange range, int most, PageSource memory) {
    int pages = (int) Math.min(range.pages(), most);
    byte[] bytes = new byte[pages * PAGE];
    int done = 0;
    for (ExecutableRange.Run run : range.runs()) {
      for (long page = 0; page < run.pages() && done < pages; page++, done++) {
        Optional<PageBytes> content = memory.read(new FrameNumber(run.frame().value() + page));
        if (content.isEmpty()) {
          return Arrays.copyOf(bytes, done * PAGE);
        }
        content.get().copyTo(0, bytes, done * PAGE, PAGE);
      }
    }
    return bytes;
  }

  /** Notes pages; no code that can be written while it runs is explained by what it is now. */
  private void add(
      long address, long pages, DynamicCode.Kind kind, boolean explained, String description) {
    boolean verified = explained && !writable;
    if (!found.isEmpty()) {
      DynamicCode last = found.get(found.size() - 1);
      boolean joins =
          last.kind() == kind
              && last.verified() == verified
              && last.address() + last.pages() * PAGE == address
              && last.description().equals(description);
      if (joins) {
        found.set(
            found.size() - 1,
            new DynamicCode(last.address(), last.pages() + pages, kind, verified, description));
        return;
      }
    }
    found.add(new DynamicCode(address, pages, kind, verified, description));
  }
}
