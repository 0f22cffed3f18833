"""What is done to each guest of the samples, and the images that come of it.

    python3 -m lab.scenario KERNEL recording|load|enrol|verify|neighbour --lab FOLDER

reads FOLDER/kernels/KERNEL and writes FOLDER/images/KERNEL/<role>/*.mig, and beside the images
of a recording expected.json, the answer key: for each round what was done to the guest and what
a verifier has to find. A load is a recording of a guest that also works hard for a while.
"""

import argparse
import datetime
import json
import pathlib
import time
from dataclasses import dataclass

from . import initrd, tamper
from .guest import MEMORY_MIB, Guest

HOOKED_MODULE = "dummy"
MODULES = (HOOKED_MODULE, "loop", "nf_conntrack", "sch_fq", "tcp_bbr")
LOAD_HOOKED_MODULE = f"insmod /mods/{HOOKED_MODULE}.ko"
# Each flips static keys, which rewrites code that direct control flow reaches.
SCHEDULER_STATISTICS_ON = "echo 1 > /proc/sys/kernel/sched_schedstats"
SCHEDULER_STATISTICS_OFF = "echo 0 > /proc/sys/kernel/sched_schedstats"
TRACING = "/sys/kernel/tracing"
# Processes come and go, files are written, read, and their memory given back, on every vCPU.
WORK = (
    "work() { while true; do"
    " dd if=/dev/zero of=/load.$1 bs=64k count=64 2>/dev/null; md5sum /load.$1 >/dev/null; rm /load.$1;"
    " find /mods /proc/1 -type f 2>/dev/null | while read f; do head -c 4096 $f; done 2>/dev/null | gzip >/dev/null;"
    " done; }"
)
BUSY_ROUNDS = 4


@dataclass(frozen=True)
class Machine:
    """A guest's hardware and kernel command line."""

    name: str
    cpu: str
    vcpus: int
    append: str = ""
    mib: int = MEMORY_MIB


RECORDED = {
    "5.10": Machine("recorded", "qemu64", 1),
    "6.1": Machine("recorded", "EPYC", 2),
    "6.12": Machine("recorded", "Skylake-Client", 1),  # page-table isolation on
}
# Same kernels, other boots: the variants that processor models, vCPU counts and mitigations select.
ENROLLED = (
    Machine("qemu64-1", "qemu64", 1),
    Machine("qemu64-2", "qemu64", 2),
    Machine("nehalem-1", "Nehalem", 1),
    Machine("skylake-1", "Skylake-Client", 1),
    Machine("skylake-2", "Skylake-Client", 2),
    Machine("epyc-1", "EPYC", 1),
    Machine("epyc-2", "EPYC", 2),
    Machine("max-2", "max", 2),  # five-level paging where the kernel has it: 6.1, 6.12
    Machine("qemu64-1-unmitigated", "qemu64", 1, "mitigations=off"),
    # What is on and off together differs from model to model, and each pair shows other code.
    Machine("kvm64-1", "kvm64", 1),
    Machine("conroe-1", "Conroe", 1),
    Machine("penryn-1", "Penryn", 1),
    Machine("westmere-2", "Westmere", 2),
    Machine("sandybridge-1", "SandyBridge", 1),
    Machine("haswell-2", "Haswell", 2),
    Machine("cascadelake-1", "Cascadelake-Server", 1),
    Machine("icelake-2", "Icelake-Server", 2),
    Machine("denverton-1", "Denverton", 1),
    Machine("epyc-milan-2", "EPYC-Milan", 2),
    Machine("epyc-rome-1", "EPYC-Rome", 1),  # Opteron_G5 stops at boot: QEMU 7.2 and the kernel's RETBleed code
    # 6.11 and newer write the sizes of hash tables, which follow the memory's, into their code.
    Machine("epyc-2-512m", "EPYC", 2, mib=512),
    Machine("skylake-1-1g", "Skylake-Client", 1, mib=1024),
    Machine("qemu64-1-2g", "qemu64", 1, mib=2048),
    # A host under load makes a guest's kernel distrust its clock, which turns a static key that no idle host shows.
    Machine("qemu64-2-unstable-clock", "qemu64", 2, "tsc=unstable"),
    Machine("epyc-1-unstable-clock", "EPYC", 1, "tsc=unstable"),
    Machine("skylake-2-unstable-clock", "Skylake-Client", 2, "tsc=unstable"),
)
# The enrolled guest whose symbols name the places of the build.
NAMING = ENROLLED[0]
# An image after each act of benign work, on every family of alternatives: an act and a processor's variant
# meet in one basic block, so neither alone would show that block.
ACTING = (
    Machine("qemu64-1-acts", "qemu64", 1),
    Machine("epyc-2-acts", "EPYC", 2),
    Machine("skylake-2-acts", "Skylake-Client", 2),
)
ACTS = (
    ("schedstats", SCHEDULER_STATISTICS_ON, SCHEDULER_STATISTICS_OFF),
    ("modules", None, None),  # every module of the initramfs, in loading order
    ("scheduler-events", f"echo 1 > {TRACING}/events/sched/enable", f"echo 0 > {TRACING}/events/sched/enable"),
    ("events", f"echo 1 > {TRACING}/events/enable", f"echo 0 > {TRACING}/events/enable"),
    ("function-tracer", f"echo function > {TRACING}/current_tracer", f"echo nop > {TRACING}/current_tracer"),
    ("afterwards", "true", "true"),
)
# Never enrolled: processor models that no enrolled guest has, and an enrolled one booted anew.
VERIFIED = (
    Machine("broadwell-2", "Broadwell", 2),
    Machine("ivybridge-2", "IvyBridge", 2, mib=768),
    Machine("conroe-1", "Conroe", 1),
    Machine("epyc-milan-2", "EPYC-Milan", 2),
    Machine("epyc-2", "EPYC", 2),
)
NEIGHBOUR = (Machine("qemu64-1", "qemu64", 1),)


def tamperings(generation, vcpus):
    """(name, what is done, how) of the tampered rounds of a kernel generation."""
    live = tamper.system_call_table if generation == "5.10" else tamper.system_call_switch
    where = "its entry in sys_call_table" if generation == "5.10" else "the tail call inside x64_sys_call"
    return (
        ("idt-gate", "the page-fault gate of the IDT points into a module's page", tamper.idt_gate(14)),
        ("lstar", f"LSTAR of vCPU {vcpus - 1} points into a module's page", tamper.lstar(vcpus - 1)),
        ("detour", "do_syscall_64 begins with a jmp into a module's page", tamper.detour("do_syscall_64")),
        ("fentry", "ftrace's NOP of handle_mm_fault became a jmp into a module's page",
         tamper.fentry_hijack("handle_mm_fault")),
        ("system-call", f"uname goes into a module's page: {where} was changed", live),
    )


class Studio:
    """Boots the guests of one kernel and puts their images into one folder."""

    def __init__(self, lab, kernel, role):
        self.kernel = kernel
        self.generation = ".".join(kernel.split(".")[:2])
        self.images = lab / "images" / kernel / role
        self.images.mkdir(parents=True, exist_ok=True)
        self._run = lab / "run" / f"{kernel}-{role}"
        self._files = lab / "kernels" / kernel
        self.modules = initrd.modules_with_dependencies(self._files / "lib/modules", MODULES)
        self._initrd = self._files / "initrd.cpio"
        initrd.build(lab / "busybox", self.modules, self._initrd)

    def boot(self, machine):
        print(f"{self.kernel} {machine.name}: {machine.cpu}, {machine.vcpus} vCPU {machine.append}", flush=True)
        return Guest(self._run, self._files / "vmlinuz", self._initrd, machine.cpu, machine.vcpus, machine.append,
                     machine.mib)

    def save(self, guest, name):
        """Stops, saves and resumes; returns the image."""
        guest.stop_in_kernel()
        image = self._write(guest, name)
        guest.resume()
        return image

    def _write(self, guest, name, amend=lambda unfinished: None):
        """The stopped guest as an image, which appears under its name only when it is whole."""
        unfinished = self.images / f"{name}.part"
        guest.save(unfinished)
        amend(unfinished)
        return unfinished.replace(self.images / f"{name}.mig")

    def plain(self, machines):
        for machine in machines:
            with self.boot(machine) as guest:
                self.save(guest, machine.name)
                if machine is NAMING and self.images.name == "enrol":
                    (self.images / f"{machine.name}.kallsyms").write_text(guest.kernel_symbols())

    def enrol(self):
        self.plain(ENROLLED)
        for machine in ACTING:
            self.act(machine)

    def act(self, machine):
        load_all = " && ".join(f"insmod /mods/{name}.ko" for name in self.modules)
        with self.boot(machine) as guest:
            for name, act, undo in ACTS:
                guest.shell(act or load_all)
                self.save(guest, f"{machine.name}-{name}")
                if undo:
                    guest.shell(undo)

    def record(self, works=False):
        machine = RECORDED[self.generation]
        rounds = []

        def note(image, kind, did, findings=()):
            rounds.append({"image": image.name, "kind": kind, "did": did, "findings": list(findings)})

        with self.boot(machine) as guest:
            symbols = guest.symbols(tamper.SYMBOLS)
            note(self.save(guest, "00-clean"), "clean", "booted")
            time.sleep(2)
            note(self.save(guest, "01-idle"), "idle", "two seconds of nothing")
            guest.shell(LOAD_HOOKED_MODULE)
            note(self.save(guest, "02-benign-module"), "benign", f"insmod {HOOKED_MODULE}.ko")
            guest.shell(SCHEDULER_STATISTICS_ON)
            note(self.save(guest, "03-benign-static-key"), "benign", SCHEDULER_STATISTICS_ON)
            guest.shell(SCHEDULER_STATISTICS_OFF)
            if works:
                self._work(guest, machine, note)
            text = int(guest.shell(f"cat /sys/module/{HOOKED_MODULE}/sections/.text"), 16)
            for number, (name, did, apply) in enumerate(tamperings(self.generation, machine.vcpus), 10):
                scene = tamper.Scene(guest, symbols, HOOKED_MODULE, text)
                note(*self._tampered(scene, machine, f"{number}-tamper-{name}", did, apply))
            note(self.save(guest, "20-restored"), "clean", "every tampering was undone")
        self._write_answers(machine, rounds)

    def _work(self, guest, machine, note):
        """Rounds of a guest that works hard, two seconds apart."""
        guest.shell(WORK)
        for vcpu in range(machine.vcpus):
            guest.shell(f"work {vcpu} & echo $! >> /workers")
        for number in range(BUSY_ROUNDS):
            time.sleep(2)
            note(self.save(guest, f"0{number + 4}-busy"), "busy", "two seconds of work on every vCPU")
        guest.shell("kill $(cat /workers); wait; rm -f /load.*")

    def _tampered(self, scene, machine, name, did, apply):
        guest = scene.guest
        guest.stop_in_kernel()
        answer = apply(scene)

        def amend(image):
            if answer["symbol"] == "LSTAR":
                original, replacement = (int(answer[key], 16) for key in ("expected", "actual"))
                tamper.patch_lstar(image, machine.vcpus, answer["vcpu"], original, replacement)

        image = self._write(guest, name, amend)
        scene.restore()
        guest.resume()
        return image, "tampering", did, [{**answer, "hook": f"{scene.hook:#018x}", "hookModule": scene.module}]

    def _write_answers(self, machine, rounds):
        answers = {
            "build": self.kernel,
            "cpu": machine.cpu,
            "vcpus": machine.vcpus,
            "recordedAt": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "rounds": rounds,
        }
        (self.images / "expected.json").write_text(json.dumps(answers, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernel", help="what uname -r prints in the guest")
    parser.add_argument("role", choices=("recording", "load", "enrol", "verify", "neighbour"))
    parser.add_argument("--lab", type=pathlib.Path, required=True, help="the working folder")
    arguments = parser.parse_args()
    studio = Studio(arguments.lab, arguments.kernel, arguments.role)
    if arguments.role in ("recording", "load"):
        studio.record(works=arguments.role == "load")
    elif arguments.role == "enrol":
        studio.enrol()
    else:
        studio.plain(VERIFIED if arguments.role == "verify" else NEIGHBOUR)


if __name__ == "__main__":
    main()
