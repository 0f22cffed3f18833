"""Changes kernels as their owner may, and holds every guest against its package's signature.

    python3 -m lab.benign --lab FOLDER --plumbline COMMAND --store FOLDER [--acts PATTERN] [--keep FOLDER]
        [--packages FOLDER] [--headers FOLDER] [KERNEL ...]

A guest of each kernel is booted with KASLR on, and after each act `plumbline verify` must find no violation
and must report every hook that the act sets with its owner. Acts that a kernel was not built for are told
as such. A row for each act goes to standard output as Markdown; the exit status is 1 if a row is wrong.

Where a module is loaded, and the signature holds no modules, the module's pages are code without a known
owner, and the guest is undecided; with a signature that holds them every act must leave a guest trusted.

With the kernel's headers the module of lab/livepatch is built and given to the signature as a module of the
kernel; without, nothing is patched live.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

from . import initrd
from .guest import Guest, GuestError
from .scenario import HOOKED_MODULE, LOAD_HOOKED_MODULE, MODULES, SCHEDULER_STATISTICS_OFF, SCHEDULER_STATISTICS_ON, TRACING

DEFAULT_KERNELS = ("5.10.0-32-cloud-amd64", "6.1.0-50-cloud-amd64", "6.12.117+deb13-cloud-amd64")
# Two processors, so that one can be taken away; a model with many alternatives.
CPU, VCPUS = "EPYC", 2
DEBUG = "/sys/kernel/debug"
PROBES = f"{TRACING}/kprobe_events"
PROBED = "do_sys_openat2"
LIVEPATCH = "plumbline_livepatch"
PATCHED = f"/sys/kernel/livepatch/{LIVEPATCH}"
HOOK = "hook_with_owner"
CODE = "dynamic_code"


def probe(name, place):
    return f"echo 'p:{name} {place}' >> {PROBES} && echo 1 > {TRACING}/events/kprobes/{name}/enable"


# Up to three in the middle of a function, where its instructions begin.
INNER_PROBES = (
    f"n=0; for o in $(seq 6 200); do [ $n -lt 3 ] && echo \"p:inner$n {PROBED}+$o\" >> {PROBES} 2> /tmp/no"
    f" && echo 1 > {TRACING}/events/kprobes/inner$n/enable && n=$((n+1)); done; [ $n -ge 1 ]")
# One place in each of several functions, since a kernel does not optimise every probe.
SPREAD_PROBES = (
    f"n=0; for f in {PROBED} vfs_read vfs_write ksys_read do_filp_open; do done=0; for o in $(seq 6 60); do"
    f" [ $done -eq 0 ] && echo \"p:spread$n $f+$o\" >> {PROBES} 2> /tmp/no && done=1"
    f" && echo 1 > {TRACING}/events/kprobes/spread$n/enable && n=$((n+1)); done; done; [ $n -ge 1 ]")
# The optimiser waits until no task can be inside what it replaces. Before 6.5 it takes a return through a thunk
# for an indirect jump, and leaves functions that have one alone (insn_is_indirect_jump of kprobes/opt.c).
UNMITIGATED = "mitigations=off"
OPTIMISED = f"for i in $(seq 10); do grep OPTIMIZED {DEBUG}/kprobes/list && break; sleep 2; done"
# A kernel changes over task by task, and a module goes when no task needs it.
CHANGED_OVER = f"for i in $(seq 60); do [ $(cat {PATCHED}/transition) = 0 ] && break; sleep 1; done"
UNLOADED = f"for i in $(seq 60); do rmmod {LIVEPATCH} 2> /tmp/no && break; sleep 1; done"
MODULE_PROBE = (
    f"echo 0 > /proc/sys/debug/kprobes-optimization; for o in $(seq 6 60); do"
    f" echo 'p:inmodule {HOOKED_MODULE}:{HOOKED_MODULE}_xmit'+$o >> {PROBES} 2> /tmp/no && break; done;"
    f" echo 1 > {TRACING}/events/kprobes/inmodule/enable")
# One place in each of several functions of the module, where there is one.
MODULE_PROBES = (
    f"n=0; for f in xmit get_stats64 dev_init setup change_carrier; do for o in $(seq 6 60); do"
    f" echo \"p:inmodule$n {HOOKED_MODULE}:{HOOKED_MODULE}_$f+$o\" >> {PROBES} 2> /tmp/no"
    f" && echo 1 > {TRACING}/events/kprobes/inmodule$n/enable && n=$((n+1)) && break; done; done; [ $n -ge 3 ]")
NO_PROBES = f"echo 0 > {TRACING}/events/kprobes/enable; echo > {PROBES}"


@dataclass(frozen=True)
class Act:
    """
    One change.

    `hooks` are patterns, each of which a reported hook must match (symbol, owner, what it does);
    `needs` is a file without which the kernel was not built for the act; `module` says that a module is
    loaded; `after`, whether the guest is verified once more when the act is undone; `boot` is for the
    kernel's command line. Acts of one command line share a guest.
    """

    name: str
    do: str
    undo: str = "true"
    hooks: tuple = ()
    needs: str = "/"
    module: bool = False
    after: bool = False
    boot: str = ""


ACTS = (
    Act("booted", "true"),
    Act("module loaded", LOAD_HOOKED_MODULE, f"rmmod {HOOKED_MODULE}", module=True, after=True),
    Act("modules loaded, function tracer", f"load && echo function > {TRACING}/current_tracer",
        f"echo nop > {TRACING}/current_tracer", hooks=("functions call .*ftrace",), module=True),
    Act("modules still loaded", "true", "unload", module=True, after=True),
    Act("livepatch", f"insmod /mods/{LIVEPATCH}.ko && {CHANGED_OVER} && grep live /proc/cmdline",
        f"echo 0 > {PATCHED}/enabled; {UNLOADED}; ! grep live /proc/cmdline",
        hooks=("klp_ftrace_handler.*replaced_cmdline_proc_show",), needs=f"/mods/{LIVEPATCH}.ko", module=True, after=True),
    Act("function tracer", f"echo function > {TRACING}/current_tracer", f"echo nop > {TRACING}/current_tracer",
        hooks=("functions call .*ftrace",), after=True),
    Act("graph tracer", f"echo function_graph > {TRACING}/current_tracer", f"echo nop > {TRACING}/current_tracer",
        hooks=("functions call .*ftrace",)),
    Act("static keys by sysctl", SCHEDULER_STATISTICS_ON, SCHEDULER_STATISTICS_OFF),
    Act("scheduler's trace events", f"echo 1 > {TRACING}/events/sched/enable", f"echo 0 > {TRACING}/events/sched/enable"),
    Act("all trace events", f"echo 1 > {TRACING}/events/enable", f"echo 0 > {TRACING}/events/enable"),
    Act("kprobe at a function's entry", probe("entry", PROBED), NO_PROBES,
        hooks=("kprobe_ftrace_handler", f"{PROBED} .*kprobe_dispatcher")),
    Act("kprobes inside a function, unoptimised",
        f"echo 0 > /proc/sys/debug/kprobes-optimization; {INNER_PROBES}",
        f"{NO_PROBES}; echo 1 > /proc/sys/debug/kprobes-optimization",
        hooks=(rf"{PROBED}\+0x.* by int3, .*kprobe_dispatcher",), after=True),
    Act("kprobes inside several functions", f"{SPREAD_PROBES} && {OPTIMISED}", NO_PROBES,
        hooks=(r"\+0x.* by (int3|jump), .*kprobe_dispatcher",), after=True),
    Act("kprobes inside several functions, optimised", f"{SPREAD_PROBES} && {OPTIMISED}", NO_PROBES,
        hooks=(r"\+0x.* by jump, .*kprobe_dispatcher",), after=True, boot=UNMITIGATED),
    Act("kretprobe", f"echo 'r:back {PROBED}' >> {PROBES} && echo 1 > {TRACING}/events/kprobes/back/enable", NO_PROBES,
        hooks=(f"{PROBED} .*kretprobe",)),
    Act("BPF socket filters", "/bin/filter > /tmp/filter & sleep 2; grep LOADED /tmp/filter", "killall filter; sleep 1", after=True),
    Act("processor taken away", "echo 0 > /sys/devices/system/cpu/cpu1/online", "echo 1 > /sys/devices/system/cpu/cpu1/online",
        after=True),
    Act("preemption none", f"echo none > {DEBUG}/sched/preempt", needs=f"{DEBUG}/sched/preempt"),
    Act("preemption full", f"echo full > {DEBUG}/sched/preempt", f"echo voluntary > {DEBUG}/sched/preempt",
        needs=f"{DEBUG}/sched/preempt", after=True),
    Act("fork load", "for i in $(seq 300); do (cat /proc/self/stat > /tmp/stat); done"),
    Act("kprobe at the entry of a module's function",
        f"{LOAD_HOOKED_MODULE} && {probe('inmodule', f'{HOOKED_MODULE}:{HOOKED_MODULE}_xmit')}",
        f"{NO_PROBES}; rmmod {HOOKED_MODULE}",
        hooks=("kprobe_ftrace_handler", rf"{HOOKED_MODULE}_xmit(\+0x4)? \[{HOOKED_MODULE}\] .*by tracer, .*kprobe_dispatcher"),
        module=True, after=True),
    Act("kprobe in a module", f"{LOAD_HOOKED_MODULE} && {MODULE_PROBE}",
        f"{NO_PROBES}; echo 1 > /proc/sys/debug/kprobes-optimization",
        hooks=(rf"{HOOKED_MODULE}_xmit\+0x\S+ \[{HOOKED_MODULE}\] .*by int3, .*kprobe_dispatcher",), module=True, after=True),
    Act("module gone after the kprobe", f"rmmod {HOOKED_MODULE}"),
    Act("kprobes in several functions of a module, optimised", f"{LOAD_HOOKED_MODULE} && {MODULE_PROBES} && {OPTIMISED}",
        NO_PROBES, hooks=(rf"\+0x\S+ \[{HOOKED_MODULE}\] .*by jump, .*kprobe_dispatcher",),
        module=True, after=True, boot=UNMITIGATED),
    Act("module gone after the optimised kprobes", f"rmmod {HOOKED_MODULE}", boot=UNMITIGATED),
)


def run(plumbline, *arguments):
    """The exit status and the JSON of one command that may say trusted, violated or undecided."""
    done = subprocess.run([plumbline, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        raise GuestError(f"plumbline {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.returncode, json.loads(done.stdout)


@dataclass(frozen=True)
class Row:
    """What was said of a guest after an act."""

    kernel: str
    act: str
    identity: str
    trust: str
    hooks: int
    findings: str
    right: bool

    def line(self):
        cells = (self.kernel, self.act, self.identity, self.trust, self.hooks, self.findings, "yes" if self.right else "**no**")
        return "| " + " | ".join(str(cell) for cell in cells) + " |"


class Trial:
    """One kernel's guest and what is said of it."""

    def __init__(self, arguments, kernel, filter_binary):
        self.kernel = kernel
        self._arguments = arguments
        files = arguments.lab / "kernels" / kernel
        self._vmlinuz = files / "vmlinuz"
        self._work = arguments.work
        modules = initrd.modules_with_dependencies(files / "lib/modules", MODULES)
        added = tools(modules, filter_binary)
        signed = [arguments.package.get(kernel, self._vmlinuz)]
        # One module alone would make all others of the kernel strangers.
        headers = arguments.headers if kernel in arguments.package else None
        livepatch = built_livepatch(headers, kernel, self._work / f"livepatch-{kernel}")
        if livepatch is not None:
            added.append((f"mods/{LIVEPATCH}.ko", 0o100644, livepatch.read_bytes()))
            signed.append(livepatch.parent)
        self._ramdisk = self._work / "benign.cpio"
        ramdisk(arguments.lab / "busybox", modules, added, self._ramdisk)
        run(arguments.plumbline, "signatures", "add", *map(str, signed), "--store", str(arguments.store), "-o", "json")
        _, shown = run(arguments.plumbline, "signatures", "show", kernel, "--store", str(arguments.store), "-o", "json")
        self._knows_modules = bool(shown.get("modules"))

    def rows(self):
        acts = [act for act in ACTS if self._arguments.acts.search(act.name)]
        for boot in dict.fromkeys(act.boot for act in acts):
            yield from self._rows(boot, [act for act in acts if act.boot == boot])

    def _rows(self, boot, acts):
        with Guest(self._work / "run-benign", self._vmlinuz, self._ramdisk, CPU, VCPUS, boot) as guest:
            guest.shell(f"dmesg -n 1; mount -t debugfs debugfs {DEBUG}")
            for act in acts:
                if "absent" in guest.shell(f"[ -e {act.needs} ] || echo absent"):
                    print(f"{self.kernel}: {act.name}: not built for it ({act.needs})", file=sys.stderr)
                    continue
                guest.shell(act.do)
                yield self._judged(guest, act.name, act.hooks, act.module)
                guest.shell(act.undo)
                if act.after:
                    yield self._judged(guest, f"{act.name}: undone", (), False)

    def _judged(self, guest, name, hooks, module):
        kept = re.sub(r"\W+", "-", f"{self.kernel}-{name}")
        image = self._work / f"{kept}.mig"
        guest.stop_in_kernel()
        guest.save(image)
        guest.resume()
        try:
            _, verdict = run(
                self._arguments.plumbline, "verify", str(image), "--store", str(self._arguments.store), "-o", "json")
        finally:
            if self._arguments.keep is None:
                image.unlink()
        return self._row(name, verdict, hooks, module)

    def _row(self, name, verdict, hooks, module):
        findings = verdict["findings"]
        told = [f"{found['symbol']} {found['owner']} {found['actual']}" for found in findings if found["type"] == HOOK]
        others = [found for found in findings if found["type"] != HOOK]
        reported = all(any(re.search(hook, text) for text in told) for hook in hooks)
        unasked = bool(told) and not hooks
        if module and not self._knows_modules:
            judged = verdict["trust"] == "undecided" and all(found["type"] == CODE for found in others)
        else:
            judged = verdict["trust"] == "trusted" and not others
        right = verdict["identity"]["state"] == "exact" and judged and reported and not unasked
        which = "; ".join(f"{found['type']} {found['symbol']}" for found in others[:4])
        blind = "; ".join(verdict["blindSpots"][:2])
        hook = "; ".join(told[:2])
        said = "<br>".join(text[:160] for text in (hook, which, blind) if text)
        return Row(self.kernel, name, verdict["identity"]["state"], verdict["trust"], len(told), said, right)


def tools(modules, filter_binary):
    """What loads all modules and unloads them in the guest, and what loads BPF programs, for its ramdisk."""
    scripts = {"load": [f"insmod /mods/{name}.ko" for name in modules],
               "unload": [f"rmmod {name}" for name in reversed(modules)]}
    return [("bin/filter", 0o100755, filter_binary)] + [
        (f"bin/{name}", 0o100755, "\n".join(["#!/bin/sh", "set -e", *lines, ""]).encode())
        for name, lines in scripts.items()]


def ramdisk(busybox, modules, added, target):
    """Writes an initramfs with `added` besides what every sample guest has."""
    initrd.build(busybox, modules, target)
    # The kernel unpacks archives that follow one another.
    with open(target, "ab") as file:
        file.write(initrd.newc(added))


def built_livepatch(headers, kernel, work):
    """The module that patches the kernel live, in a folder of nothing else; none if it cannot be built."""
    own = headers / f"usr/src/linux-headers-{kernel}" if headers else None
    if own is None or not own.is_dir():
        return None
    source = pathlib.Path(__file__).with_name("livepatch")
    build, result = work / "build", work / "modules"
    result.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, build, dirs_exist_ok=True)
    # Debian's own makefile names the common part where the package would be installed.
    common = re.search(r"include /(\S+)", (own / "Makefile").read_text()).group(1)
    made = subprocess.run(
        ["make", "-C", str(own), "-f", str(headers / common), f"M={build}", "CC=gcc", "modules"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if made.returncode != 0:
        # A kernel may want a newer compiler than there is.
        why = next((line for line in made.stdout.splitlines() if "error" in line.lower()), made.stdout[-200:])
        print(f"{kernel}: {LIVEPATCH} was not built: {why}", file=sys.stderr)
        return None
    return pathlib.Path(shutil.copy(build / f"{LIVEPATCH}.ko", result))


def compiled_filter(work):
    """The program that loads BPF programs, built for any Linux."""
    source = pathlib.Path(__file__).with_name("filter.c")
    target = work / "filter"
    subprocess.run(["gcc", "-O2", "-static", "-o", str(target), str(source)], check=True)
    return target.read_bytes()


def pattern(text):
    """A regular expression of the command line."""
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"expected a regular expression, found {text}: {error}") from error


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", nargs="*", default=DEFAULT_KERNELS, help="what uname -r prints")
    parser.add_argument("--lab", type=pathlib.Path, required=True, help="the folder of kernels and busybox")
    parser.add_argument("--plumbline", required=True, help="the plumbline command")
    parser.add_argument("--store", type=pathlib.Path, required=True, help="where the signatures go")
    parser.add_argument("--acts", type=pattern, default="", help="only acts whose name this regular expression finds")
    parser.add_argument("--keep", type=pathlib.Path, help="keep every guest's image in this folder")
    parser.add_argument("--packages", type=pathlib.Path, help="a folder of linux-image-KERNEL-*.deb: signatures with modules")
    parser.add_argument("--headers", type=pathlib.Path, help="where linux-headers and linux-kbuild packages are unpacked")
    arguments = parser.parse_args()
    if arguments.headers:
        arguments.headers = arguments.headers.resolve()
    arguments.work = arguments.keep or arguments.store / "work"
    arguments.work = arguments.work.resolve()
    arguments.work.mkdir(parents=True, exist_ok=True)
    arguments.package = packages(arguments.packages, arguments.kernels)
    binary = compiled_filter(arguments.work)
    print("| kernel | act | identity | trust | hooks | what is told | as it must be |")
    print("|---|---|---|---|---|---|---|", flush=True)
    wrong = 0
    for kernel in arguments.kernels:
        try:
            for row in Trial(arguments, kernel, binary).rows():
                wrong += not row.right
                print(row.line(), flush=True)
        except GuestError as error:
            wrong += 1
            print(f"| {kernel} | {str(error)[:160]} | | | | | **no** |", flush=True)
    print(f"{wrong} rows are not as they must be", file=sys.stderr)
    sys.exit(1 if wrong else 0)


def packages(folder, kernels):
    """{kernel: its package}, of those that lie in the folder."""
    found = {}
    for kernel in kernels if folder else ():
        for path in sorted(folder.glob(f"linux-*-{kernel}*.deb")):
            if re.match(rf"linux-(image|binary)-{re.escape(kernel)}(-unsigned)?_", path.name):
                found[kernel] = path
    return found


if __name__ == "__main__":
    main()
