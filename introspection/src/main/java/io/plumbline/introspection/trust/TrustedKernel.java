package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.image.StandingVerification;
import io.plumbline.introspection.verify.module.ModuleVerification;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What monitors may rely on of a guest whose build is known: its hardware state, the build's
 * symbols where this guest has them, which code and data are as they must be, its modules, and how
 * the hardware gets to a place. All else that is read is the guest's word.
 */
public final class TrustedKernel {
  private final Guest guest;
  private final GuestKernel kernel;
  private final KernelWithModules named;
  private final ImageVerification seen;
  private final CodeTrust trust;
  private final Lineage lineage;
  private final ReachedPlaces reached;
  private final StandingVerification verified;
  private final VirtualMemory memory;
  private final Questions questions;

  TrustedKernel(
      Guest guest,
      GuestKernel kernel,
      KernelWithModules named,
      ImageVerification seen,
      CodeTrust trust,
      Lineage lineage,
      ReachedPlaces reached,
      StandingVerification verified,
      Questions questions) {
    this.guest = guest;
    this.kernel = kernel;
    this.named = named;
    this.seen = seen;
    this.trust = trust;
    this.lineage = lineage;
    this.reached = reached;
    this.verified = verified;
    this.memory = new VirtualMemory(kernel.space());
    this.questions = questions;
  }

  /** The same, for who makes something that is to stand as long as these are answered alike. */
  TrustedKernel asked(Questions noted) {
    return new TrustedKernel(guest, kernel, named, seen, trust, lineage, reached, verified, noted);
  }

  /** The state of every vCPU. */
  public List<VcpuState> vcpus() {
    return guest.vcpus();
  }

  /** The memory that the kernel sees, through the page tables of a vCPU that runs on its own. */
  public AddressSpace space() {
    return kernel.space();
  }

  /** The memory that a vCPU itself sees; the kernel's if it was stopped on user page tables. */
  public AddressSpace spaceOf(VcpuState vcpu) {
    boolean onKernelTables =
        vcpu.index() != kernel.vcpu().index() && !kernel.onUserTables().contains(vcpu.index());
    return onKernelTables ? AddressSpace.asMade(vcpu, space().pages()) : space();
  }

  /** What the supervisor may execute there. */
  public ExecutableMemory executable() {
    return kernel.executable();
  }

  /** Entries of every vCPU that are live. */
  public List<HardwareRoot> roots() {
    return kernel.roots();
  }

  /** Where this guest has a variable or function of the build; empty if the build has none such. */
  public OptionalLong addressOf(String symbol) {
    OptionalLong offset = image().verifier().layout().names().find(symbol);
    return offset.isPresent()
        ? OptionalLong.of(named.addressOf(offset.getAsLong()))
        : OptionalLong.empty();
  }

  /**
   * The address at which the build links a symbol, before it is moved: what tells a per-CPU
   * variable, whose address counts from the beginning of each processor's area.
   */
  public OptionalLong linkedAddressOf(String symbol) {
    OptionalLong address = addressOf(symbol);
    return address.isPresent()
        ? OptionalLong.of(address.getAsLong() - image().slide())
        : OptionalLong.empty();
  }

  /** Bytes from where a symbol of the build lies to the next; empty if there is none such. */
  public OptionalLong lengthOf(String symbol) {
    ImageSymbols symbols = image().verifier().layout().names().symbols();
    OptionalLong offset = image().verifier().layout().names().find(symbol);
    if (offset.isEmpty()) {
      return OptionalLong.empty();
    }
    int next = symbols.indexAtOrBefore(offset.getAsLong()) + 1;
    return next < symbols.size()
        ? OptionalLong.of(symbols.offsets()[next] - offset.getAsLong())
        : OptionalLong.empty();
  }

  /** Bytes between where the build is linked and where this guest has it. */
  public long slide() {
    return image().slide();
  }

  /** {@code name+0x12} of a place in the build or in a module; the address alone elsewhere. */
  public String nameOf(long address) {
    return named.nameOf(address);
  }

  /** An address with its name, as findings show it. */
  public String place(long address) {
    String name = nameOf(address);
    String number = new GuestVirtualAddress(address).toString();
    return name.equals(number) ? number : number + " " + name;
  }

  /** Whether a place lies in what the build takes of memory, its data included. */
  public boolean isOfBuild(long address) {
    return image().holds(address);
  }

  /** Whether every byte of code from {@code address} on is as it must be. */
  public boolean isTrustedCode(long address, int length) {
    return questions.trustedCode(address, length, trust.admits(address, length));
  }

  /** Whether a function begins at {@code address} whose code is as it must be. */
  public boolean isTrustedFunction(long address) {
    return questions.trustedFunction(address, trust.isTrustedFunction(address));
  }

  /** {@code kernel} or {@code module NAME}; empty if nobody known owns code there. */
  public Optional<String> ownerOf(long address) {
    return named.ownerOf(address);
  }

  /** The modules that were found by what the guest's executable pages hold. */
  public List<ModuleVerification> modules() {
    return named.modules().verifications();
  }

  /** Whether all modules of the build are known, so that code of no owner is foreign. */
  public boolean knowsAllModules() {
    return named.modules().areComplete();
  }

  /**
   * Whether this boot's text shows a processor feature; empty if nothing decides it.
   *
   * @param word of the feature vector, 0 to 31, 32 bits each
   * @param bit 0 to 31
   */
  public Optional<Boolean> hasFeature(int word, int bit) {
    int feature = word * Integer.SIZE + bit;
    return seen.facts().features().decided().get(feature)
        ? Optional.of(seen.facts().features().present().get(feature))
        : Optional.empty();
  }

  /**
   * The 64-bit word that this guest must have at an address of the build's code or read-only data;
   * empty elsewhere.
   */
  public OptionalLong expectedWord(long address) {
    ImageLayout layout = image().verifier().layout();
    int place = layout.placeOf(image().offsetOf(address));
    return questions.expectedWord(
        address,
        place >= 0 && place <= layout.verifiedBytes() - Long.BYTES
            ? verified.expectedWord(place)
            : OptionalLong.empty());
  }

  /** Whether an instruction of the build's code names an address, as the base of a table say. */
  public boolean isNamedByCode(long address) {
    ImageLayout layout = image().verifier().layout();
    int linked = (int) (address - slide());
    return Arrays.stream(layout.image().relocations().absolute32())
        .filter(offset -> offset >= 0 && offset <= layout.textBytes() - Integer.BYTES)
        .anyMatch(offset -> Bytes.intAt(layout.golden(), offset) == linked);
  }

  /** The 64-bit word that the guest has at an address; empty if it cannot be read. */
  public OptionalLong word(long address) {
    return memory.wordAt(address);
  }

  /** The byte that the guest has at an address, 0 to 255; empty if it cannot be read. */
  public OptionalInt byteAt(long address) {
    Optional<PageBytes> page = memory.pageAt(address);
    return page.isPresent()
        ? OptionalInt.of(page.get().byteAt((int) address & PageBytes.SIZE - 1) & 0xff)
        : OptionalInt.empty();
  }

  /** The number of the frame behind an address, -1 if it is not mapped. */
  public long frameAt(long address) {
    return memory.frameAt(address);
  }

  /**
   * From the hardware root to the function at {@code address}; itself alone if no flow was seen.
   */
  public List<String> pathTo(long address) {
    questions.unrepeatable();
    return lineage.pathTo(address);
  }

  /**
   * From the hardware root to an entry of a table that code was seen to use; the entry alone if
   * none was.
   *
   * @param table linear address of its first entry
   * @param entry names it
   */
  public Way wayToEntry(long table, String entry) {
    questions.unrepeatable();
    return reached.toTable(table, entry);
  }

  private PlacedImage image() {
    return named.kernel();
  }
}
