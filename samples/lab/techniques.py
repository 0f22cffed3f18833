"""Makes every rootkit technique on a busy guest of each kernel, and tells what was reported of it.

    python3 -m lab.techniques --lab FOLDER --plumbline COMMAND --store FOLDER --packages FOLDER [--keep FOLDER]
        [KERNEL ...]

A guest of each kernel is booted with KASLR on and made busy as its owner may: modules, a function tracer for a
few functions, kprobes, BPF filters. `plumbline drill` then makes each technique on a copy of its image. A
table of a column for each kernel goes to standard output as Markdown; the exit status is 1 if a technique that
the kernel allows was missed, or something else was reported.
"""

import argparse
import json
import pathlib
import subprocess
import sys

from . import initrd
from .benign import CPU, DEBUG, DEFAULT_KERNELS, PROBED, PROBES, VCPUS, compiled_filter, packages, probe, ramdisk, tools
from .guest import Guest, GuestError
from .scenario import TRACING

MODULES = ("dummy", "loop", "sch_fq")
TRACED = "vfs_read vfs_write ksys_read"
# One place, where an instruction begins: the first offset that the kernel accepts.
INNER_PROBE = (
    f"for o in $(seq 6 60); do echo \"p:inner do_filp_open+$o\" >> {PROBES} 2> /tmp/no && break; done;"
    f" echo 1 > {TRACING}/events/kprobes/inner/enable")
# The last module comes when the tracers have their pages, so that what it frees stays free.
BUSY = (
    "insmod /mods/dummy.ko && insmod /mods/loop.ko",
    f"echo {TRACED} > {TRACING}/set_ftrace_filter && echo function > {TRACING}/current_tracer",
    "echo 0 > /proc/sys/debug/kprobes-optimization",
    INNER_PROBE,
    probe("entry", PROBED),
    "/bin/filter > /tmp/filter & sleep 2; grep LOADED /tmp/filter",
    "insmod /mods/sch_fq.ko",
)


def busy_image(lab, work, kernel):
    """The image of a busy guest; one that is there is used."""
    image = work / f"{kernel}-busy.mig"
    if image.is_file():
        return image
    files = lab / "kernels" / kernel
    modules = initrd.modules_with_dependencies(files / "lib/modules", MODULES)
    disk = work / f"{kernel}.cpio"
    ramdisk(lab / "busybox", modules, tools(modules, compiled_filter(work)), disk)
    unfinished = image.with_suffix(".part")
    with Guest(work / f"run-{kernel}", files / "vmlinuz", disk, CPU, VCPUS) as guest:
        guest.shell(f"dmesg -n 1; mount -t debugfs debugfs {DEBUG}")
        for act in BUSY:
            guest.shell(act)
        guest.stop_in_kernel()
        guest.save(unfinished)
    return unfinished.replace(image)


def drilled(arguments, kernel):
    """What `plumbline drill` says of a kernel's busy guest."""
    image = busy_image(arguments.lab, arguments.work, kernel)
    store = arguments.store / kernel
    run(arguments.plumbline, "signatures", "add", str(arguments.package[kernel]), "--store", str(store), "-o", "json")
    return json.loads(run(arguments.plumbline, "drill", str(image), "--store", str(store), "-o", "json"))


def run(*command):
    """What a command prints that may have found something missed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        raise GuestError(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def told(row):
    """One cell: what was reported of a technique on one kernel."""
    if row.get("whyNot"):
        return f"not here: {row['whyNot']}"
    lines = [f"{each['type']} `{each['symbol']}`" for each in row["found"]]
    lines += [f"**missed** {each['type']} `{each['symbol']}`" for each in row["missed"]]
    lines += [f"**also** {each['type']} `{each['symbol']}`" for each in row["extra"]]
    return "<br>".join(lines) or "nothing"


def table(drills):
    """The lines of the table of {kernel: what its drill says}."""
    kernels = list(drills)
    yield "| technique | how it is made | " + " | ".join(kernels) + " |"
    yield "|---|---|" + "---|" * len(kernels)
    theme = ""
    for rows in zip(*(drills[kernel]["techniques"] for kernel in kernels)):
        first = rows[0]
        if first["theme"] != theme:
            theme = first["theme"]
            yield f"| **{theme}** | | " + " | ".join("" for _ in kernels) + " |"
        yield f"| {first['technique']} | {first['how']} | " + " | ".join(told(row) for row in rows) + " |"
    for what in ("found", "missed", "notApplicable", "withExtra"):
        cells = " | ".join(str(drills[kernel]["summary"][what]) for kernel in kernels)
        yield f"| {SUMMARY[what]} | | {cells} |"


SUMMARY = {
    "found": "**techniques found**",
    "missed": "**techniques missed**",
    "notApplicable": "**not on this kernel**",
    "withExtra": "**with something else reported**",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", nargs="*", default=DEFAULT_KERNELS, help="what uname -r prints")
    parser.add_argument("--lab", type=pathlib.Path, required=True, help="the folder of kernels and busybox")
    parser.add_argument("--plumbline", required=True, help="the plumbline command")
    parser.add_argument("--store", type=pathlib.Path, required=True, help="where the signatures go")
    parser.add_argument("--packages", type=pathlib.Path, required=True, help="a folder of linux-image-KERNEL-*.deb")
    parser.add_argument("--keep", type=pathlib.Path, help="keep the guests' images in this folder, and use those that are there")
    parser.add_argument("--boot-only", action="store_true", help="make the images, drill nothing")
    arguments = parser.parse_args()
    arguments.work = (arguments.keep or arguments.store / "work").resolve()
    arguments.work.mkdir(parents=True, exist_ok=True)
    arguments.package = packages(arguments.packages, arguments.kernels)
    lacking = [kernel for kernel in arguments.kernels if kernel not in arguments.package]
    if lacking:
        sys.exit(f"{arguments.packages}: no package of {', '.join(lacking)}")
    if arguments.boot_only:
        for kernel in arguments.kernels:
            print(busy_image(arguments.lab, arguments.work, kernel))
        return
    drills = {kernel: drilled(arguments, kernel) for kernel in arguments.kernels}
    print("\n".join(table(drills)))
    wrong = sum(drill["summary"]["missed"] + drill["summary"]["withExtra"] for drill in drills.values())
    print(f"{wrong} rows are not as they must be", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
