package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.hardware.Segment;
import io.plumbline.introspection.memory.PageBytes;
import java.util.List;
import java.util.function.Consumer;

/** What is done to registers and to the tables that they name. */
enum HostileDescriptors implements Hostility {
  /** 256 gates of noise. */
  IDT_OF_NONSENSE(guest -> guest.fillRandom(frameAt(guest, guest.vcpu().idtBase))),

  /** Every vector leads to code, each to another address. */
  IDT_FULL(
      guest -> {
        int frame = frameAt(guest, guest.vcpu().idtBase);
        int gateBytes = guest.template.longMode() ? 16 : 8;
        for (int at = 0; at < PageBytes.SIZE; at += gateBytes) {
          gate(guest, frame * PageBytes.SIZE + at, guest.codeAddress(), 0x8e);
        }
      }),

  /** Gates of every type and privilege, to anywhere, task gates among them. */
  IDT_OF_ALL_KINDS(
      guest -> {
        int frame = frameAt(guest, guest.vcpu().idtBase);
        int gateBytes = guest.template.longMode() ? 16 : 8;
        for (int at = 0; at < PageBytes.SIZE; at += gateBytes) {
          int type = guest.oneIn(2) ? 0x85 : guest.random.nextInt(256);
          gate(guest, frame * PageBytes.SIZE + at, guest.address(), type);
        }
      }),

  /** Limits that promise more, or less, than there is. */
  LYING_LIMITS(
      guest -> {
        HostileRegisters vcpu = guest.vcpu();
        List<Integer> limits =
            List.of(0, 1, 7, 15, 0x67, 0xfff, 0x1000, 0xffff, -1, Integer.MAX_VALUE, 0x10001);
        vcpu.idtLimit = guest.pick(limits);
        vcpu.gdtLimit = guest.pick(limits);
        vcpu.tr = segment(guest, vcpu.tr);
        vcpu.ldt = segment(guest, vcpu.ldt);
      }),

  /** Tables at the end of a page, of memory, of the address space, or nowhere. */
  DISPLACED(
      guest -> {
        HostileRegisters vcpu = guest.vcpu();
        vcpu.idtBase = guest.oneIn(3) ? vcpu.idtBase : guest.address();
        vcpu.gdtBase = guest.oneIn(3) ? vcpu.gdtBase : guest.address();
        vcpu.lstar = guest.oneIn(3) ? vcpu.lstar : guest.address();
        vcpu.cstar = guest.oneIn(3) ? vcpu.cstar : guest.address();
        vcpu.sysenterEip = guest.oneIn(3) ? vcpu.sysenterEip : guest.address();
        vcpu.sysenterCs = guest.random.nextInt(1 << 16);
      }),

  /** Segment and task descriptors of noise. */
  GDT_OF_NONSENSE(guest -> guest.fillRandom(frameAt(guest, guest.vcpu().gdtBase))),

  /** Every descriptor is a task's, or code, with any base. */
  GDT_OF_TASKS(
      guest -> {
        int frame = frameAt(guest, guest.vcpu().gdtBase);
        guest.fillWords(
            frame,
            at -> {
              long base = guest.address();
              long access = guest.oneIn(2) ? 0x89 : guest.oneIn(2) ? 0x9b : 0x8b;
              return 0xffffL | (base & 0xff_ffff) << 16 | access << 40 | (base >>> 24 & 0xff) << 56;
            });
        guest.vcpu().gdtLimit = 0xffff;
      }),

  /** A task state of noise. */
  TSS_OF_NONSENSE(guest -> guest.fillRandom(frameAt(guest, guest.vcpu().tr.base()))),

  /** Any bits in the registers that choose how everything else is read. */
  RANDOM_REGISTERS(
      guest -> {
        HostileRegisters vcpu = guest.vcpu();
        vcpu.cr0 = guest.oneIn(2) ? vcpu.cr0 : guest.random.nextLong();
        vcpu.cr4 = guest.oneIn(2) ? vcpu.cr4 : guest.random.nextLong();
        vcpu.efer = guest.oneIn(2) ? vcpu.efer : guest.random.nextLong();
        vcpu.codeSelector = guest.oneIn(2) ? vcpu.codeSelector : guest.random.nextInt();
        vcpu.codeFlags = guest.oneIn(2) ? vcpu.codeFlags : guest.random.nextInt();
      }),

  /** One bit of the registers that choose how everything else is read. */
  FLIPPED_REGISTER_BIT(
      guest -> {
        HostileRegisters vcpu = guest.vcpu();
        switch (guest.random.nextInt(4)) {
          case 0 -> vcpu.cr0 ^= 1L << guest.pick(List.of(0, 16, 31));
          case 1 -> vcpu.cr4 ^= 1L << guest.pick(List.of(4, 5, 12, 20, 32));
          case 2 -> vcpu.efer ^= 1L << guest.pick(List.of(0, 8, 10, 11));
          default -> vcpu.codeSelector ^= 3;
        }
      }),

  /** A format that does not carry the model-specific registers. */
  NO_MSRS(guest -> guest.vcpu().withMsrs = false),

  /** More vCPUs, some with page tables and tables of their own. */
  MANY_VCPUS(
      guest -> {
        int count = guest.oneIn(8) ? 16 : 1 + guest.random.nextInt(3);
        for (int i = 1; i <= count; i++) {
          HostileRegisters vcpu = new HostileRegisters(guest.template.vcpu());
          vcpu.index = guest.oneIn(16) ? guest.random.nextInt() : i;
          vcpu.cr3 = guest.oneIn(2) ? vcpu.cr3 : (long) guest.anyFrame() * PageBytes.SIZE;
          vcpu.lstar = guest.oneIn(2) ? vcpu.lstar : guest.address();
          guest.vcpus.add(guest.random.nextInt(guest.vcpus.size() + 1), vcpu);
        }
      });

  @SuppressWarnings("ImmutableEnumChecker") // lambdas that capture nothing
  private final Consumer<Canvas> change;

  HostileDescriptors(Consumer<Canvas> change) {
    this.change = change;
  }

  @Override
  public void apply(Canvas guest) {
    change.accept(guest);
  }

  /** The frame that the template has at an address; any if it has none. */
  private static int frameAt(Canvas guest, long address) {
    return guest.template.pages().stream()
        .filter(page -> page.covers(address))
        .map(guest::frameOf)
        .findFirst()
        .orElseGet(guest::anyFrame);
  }

  private static void gate(Canvas guest, int at, long target, int access) {
    int selector = guest.oneIn(3) ? guest.random.nextInt(1 << 16) : 0x10;
    guest.bytes().putInt(at, (selector << 16) | ((int) target & 0xffff));
    guest.bytes().putInt(at + 4, ((int) target & 0xffff_0000) | (access << 8));
    if (guest.template.longMode()) {
      guest.bytes().putLong(at + 8, target >>> 32);
    }
  }

  private static Segment segment(Canvas guest, Segment old) {
    long limit = guest.pick(List.of(0L, 0x66L, 0xffffL, 0xffff_ffffL, -1L, Long.MAX_VALUE));
    long base = guest.oneIn(2) ? old.base() : guest.address();
    int selector = guest.oneIn(2) ? old.selector() : guest.random.nextInt(1 << 16);
    return new Segment(selector, base, limit, guest.random.nextInt());
  }
}
