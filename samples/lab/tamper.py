"""Tamperings of a stopped guest, each with the answer that a verifier should give.

A tampering writes into the guest's memory, the image is saved, and everything is written back
before the guest runs on: each tampered round starts from the clean state, and the guest never
executes what was tampered with. The hook lies in the blank end of a loaded module's code page,
where a rootkit's own code would lie; it is a jmp to the original, or `xor eax,eax; ret` where a
detour has overwritten the original's first instructions.

LSTAR is a register: no QEMU interface writes it, so its new value is written into the saved
image, where the migration stream keeps STAR and LSTAR side by side as big-endian 64-bit words
(QEMU target/i386/machine.c, vmstate_x86_cpu).
"""

import struct
from dataclasses import dataclass, field

from .guest import GuestError

SYSTEM_CALL = "__x64_sys_newuname"
SYSTEM_CALL_NUMBER = 63
SYMBOLS = ("entry_SYSCALL_64", "do_syscall_64", "handle_mm_fault", "x64_sys_call", "sys_call_table", SYSTEM_CALL)
# What syscall_init writes (kernel arch/x86/kernel/cpu/common.c): __USER32_CS << 16 | __KERNEL_CS, in the upper half.
STAR = 0x0023_0010_0000_0000
HOOK_ROOM = 64
RETURN_ZERO = bytes.fromhex("31c0c3")
# A five-byte NOP; up to 5.12 its form depends on the processor (kernel arch/x86/include/asm/nops.h).
FENTRY_NOPS = (bytes.fromhex("0f1f440000"), bytes.fromhex("6666666690"))
ENDBR_LENGTH = 4


@dataclass
class Scene:
    """A stopped guest, where things lie in it, and what must be written back."""

    guest: object
    symbols: dict
    module: str
    module_text: int
    hook: int = 0
    originals: list = field(default_factory=list)

    def address(self, symbol):
        return self.symbols[symbol][0]

    def overwrite(self, address, content):
        """Writes and returns what was there, which restore() will put back."""
        before = self.guest.read(address, len(content))
        self.originals.append((address, before))
        self.guest.write(address, content)
        return before

    def restore(self):
        for address, content in reversed(self.originals):
            self.guest.write(address, content)
        self.originals.clear()

    def place_hook(self, original=None):
        """A jmp to `original`, or a mere return, in the blank end of the module's code page; returns its address."""
        page_end = (self.module_text | 0xFFF) + 1
        page = self.guest.read(self.module_text, page_end - self.module_text)
        used = len(page.rstrip(b"\0\xcc"))
        self.hook = (self.module_text + used + 15 & ~15) + 16
        if self.hook + HOOK_ROOM > page_end:
            raise GuestError(f"module {self.module}: no {HOOK_ROOM} blank bytes at the end of its code page")
        self.overwrite(self.hook, RETURN_ZERO if original is None else jump(self.hook, original))
        return self.hook


def jump(source, target, opcode=0xE9):
    """The five bytes of jmp rel32 (or call rel32, 0xE8) at `source`."""
    return struct.pack("<Bi", opcode, target - (source + 5))


def finding(kind, address, symbol, expected, actual, vcpu=None, **more):
    """One entry of the answer key; addresses and pointers are written as 0x%016x, code as plain hex bytes."""
    return {"type": kind, "vcpu": vcpu, "address": f"{address:#018x}", "symbol": symbol,
            "expected": expected if isinstance(expected, str) else f"{expected:#018x}",
            "actual": actual if isinstance(actual, str) else f"{actual:#018x}", **more}


def idt_gate(vector):
    """Points an interrupt gate at the hook (gate layout: Intel SDM volume 3A, section 6.14.1)."""

    def apply(scene):
        base, _ = scene.guest.descriptor_table("IDT")
        gate = base + 16 * vector
        low, selector, attributes, middle, high, zero = struct.unpack("<HHHHII", scene.guest.read(gate, 16))
        handler = high << 32 | middle << 16 | low
        hook = scene.place_hook(handler)
        scene.overwrite(gate, struct.pack(
            "<HHHHII", hook & 0xFFFF, selector, attributes, hook >> 16 & 0xFFFF, hook >> 32, zero))
        return finding("unexpected_interrupt_handler", gate, f"IDT[{vector}]", handler, hook, vector=vector)

    return apply


def system_call_table(scene):
    """Redirects a pointer of sys_call_table: live up to 6.1's backports, dead where a switch dispatches."""
    entry = scene.address("sys_call_table") + 8 * SYSTEM_CALL_NUMBER
    original, = struct.unpack("<Q", scene.guest.read(entry, 8))
    hook = scene.place_hook(original)
    scene.overwrite(entry, struct.pack("<Q", hook))
    return finding("unexpected_system_call_handler", entry, f"sys_call_table[{SYSTEM_CALL_NUMBER}]", original, hook,
                   function=SYSTEM_CALL)


def system_call_switch(scene):
    """Redirects one system call inside x64_sys_call, which dispatches by a switch: a call, or a jmp as a tail call."""
    start, end = scene.symbols["x64_sys_call"]
    original = scene.address(SYSTEM_CALL)
    code = scene.guest.read(start, end - start)
    sites = [start + at for at in range(len(code) - 4)
             if code[at] in (0xE8, 0xE9) and code[at:at + 5] == jump(start + at, original, code[at])]
    if len(sites) != 1:
        raise GuestError(f"x64_sys_call at {start:#x}: {len(sites)} direct calls or jmps of {SYSTEM_CALL}, expected 1")
    site = sites[0]
    patched = jump(site, scene.place_hook(original), code[site - start])
    before = scene.overwrite(site, patched)
    return finding("unexpected_system_call_handler", site, f"x64_sys_call+{site - start:#x}", before.hex(), patched.hex(),
                   function=SYSTEM_CALL, target=f"{scene.hook:#018x}")


def detour(symbol):
    """Overwrites the first five bytes of a function with a jmp to the hook."""

    def apply(scene):
        start = scene.address(symbol)
        return _patch_code(scene, start, symbol, jump(start, scene.place_hook()))

    return apply


def fentry_hijack(symbol):
    """Turns the NOP that ftrace patches at a function's entry into a jmp to the hook: a listed site, an illegal value."""

    def apply(scene):
        start = scene.address(symbol)
        entry = scene.guest.read(start, ENDBR_LENGTH + 5)
        offset = next((at for at in (0, ENDBR_LENGTH) if entry[at:at + 5] in FENTRY_NOPS), None)
        if offset is None:
            raise GuestError(f"{symbol} at {start:#x}: expected ftrace's NOP at 0 or {ENDBR_LENGTH}, found {entry.hex()}")
        site = start + offset
        patched = jump(site, scene.place_hook(site + 5))
        return _patch_code(scene, site, f"{symbol}+{offset:#x}" if offset else symbol, patched)

    return apply


def _patch_code(scene, site, symbol, patched):
    before = scene.overwrite(site, patched)
    return finding("unexpected_code_modification", site, symbol, before.hex(), patched.hex(), target=f"{scene.hook:#018x}")


def lstar(vcpu):
    """Points LSTAR of one vCPU at the hook; the register itself is set by patch_lstar after saving."""

    def apply(scene):
        original = scene.address("entry_SYSCALL_64")
        hook = scene.place_hook(original)
        return finding("unexpected_system_call_handler", hook, "LSTAR", original, hook, vcpu=vcpu)

    return apply


def patch_lstar(image, vcpus, vcpu, original, replacement):
    """Sets LSTAR of one vCPU in a saved image, after checking that the image has it once for each vCPU."""
    content = image.read_bytes()
    wanted = struct.pack(">QQ", STAR, original)
    found, at = [], content.find(wanted)
    while at >= 0:
        found.append(at)
        at = content.find(wanted, at + 1)
    if len(found) != vcpus:
        raise GuestError(f"{image}: STAR and LSTAR {original:#x} lie there {len(found)} times, expected {vcpus}")
    with open(image, "r+b") as file:
        file.seek(found[vcpu] + 8)
        file.write(struct.pack(">Q", replacement))
