package io.plumbline.cli.stage;

import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.SymbolTable;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.signaturestore.enrol.Enrolment;
import io.plumbline.signaturestore.enrol.EnrolmentException;
import io.plumbline.signaturestore.keep.SignatureCodec;
import java.util.List;

/** A kernel of a few functions, clean or tampered with. */
public final class ToyKernel {
  public static final String BUILD = "toy-1.0";
  public static final long BASE = 0xffffffff81000000L;

  /** Where a gate must not lead: code that no clean guest reaches. */
  public static final long HOOK = BASE + 0x800;

  private static final long DIRECT_MAP = 0xffff888000000000L;
  private static final int[] VECTORS = {0, 6, 8, 13, 14};
  private static final int STRIDE = 0x40;

  private ToyKernel() {}

  public static SyntheticGuest clean() {
    return kernel().build();
  }

  /** The gate of {@code vector} leads to the hook. */
  public static SyntheticGuest hookedGate(int vector) {
    return kernel().idtGate(vector, HOOK).build();
  }

  public static SyntheticGuest hookedLstar() {
    return kernel().lstar(HOOK).build();
  }

  private static SyntheticGuestBuilder kernel() {
    SyntheticGuestBuilder guest = SyntheticGuest.longMode();
    guest.code(BASE, text());
    // Tables that map their own top are the kernel's, not a program's.
    guest.map(DIRECT_MAP, 0, 2, Rights.KERNEL_DATA);
    for (int i = 0; i < VECTORS.length; i++) {
      guest.idtGate(VECTORS[i], BASE + (long) i * STRIDE);
    }
    long entry = BASE + (long) VECTORS.length * STRIDE;
    return guest.lstar(entry).cstar(entry + STRIDE).sysenter(entry + 2 * STRIDE);
  }

  /** push rax; mov eax, NUMBER; pop rax; iretq in each function's place, and in the hook's. */
  private static int[] text() {
    int[] text = new int[0x1000];
    for (int i = 0; i < VECTORS.length + 3; i++) {
      function(text, i * STRIDE, i);
    }
    function(text, (int) (HOOK - BASE), 0x66);
    return text;
  }

  private static void function(int[] text, int at, int number) {
    int[] code = {0x50, 0xb8, number, 0x11, 0x22, 0x33, 0x58, 0x48, 0xcf};
    System.arraycopy(code, 0, text, at, code.length);
  }

  public static EnrolledSignature signature() throws EnrolmentException {
    Enrolment enrolment = new Enrolment(ExplorationBudget.STANDARD);
    SyntheticGuest guest = clean();
    enrolment.learn("the clean toy", guest.pages(), List.of(guest.vcpu()));
    return enrolment.finish(
        SignatureCodec.DRAFT, new BuildName("Toy", BUILD, "1"), SymbolTable.NONE);
  }
}
