"""Makes every rootkit technique on a busy guest of each kernel, and tells what was reported of it.

    python3 -m lab.techniques --lab FOLDER --plumbline COMMAND --store FOLDER --packages FOLDER --out FILE
        [--keep FOLDER] [KERNEL ...]

A guest of each kernel is booted with KASLR on and made busy as its owner may: modules, a function tracer for a
few functions, kprobes, BPF filters. `plumbline drill` then makes each technique on a copy of its image. FILE
becomes a Markdown document with a column for each kernel; the exit status is 1 if a technique that a kernel
allows was missed, or something else was reported.
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

EARLY, LATE = ("dummy", "sch_fq"), "loop"
TRACED = "vfs_read vfs_write ksys_read"
# One place, where an instruction begins: the first offset that the kernel accepts.
INNER_PROBE = (
    f"for o in $(seq 6 60); do echo \"p:inner do_filp_open+$o\" >> {PROBES} 2> /tmp/no && break; done;"
    f" echo 1 > {TRACING}/events/kprobes/inner/enable")
BUSY = (
    " && ".join(f"insmod /mods/{name}.ko" for name in EARLY),
    f"echo {TRACED} > {TRACING}/set_ftrace_filter && echo function > {TRACING}/current_tracer",
    "echo 0 > /proc/sys/debug/kprobes-optimization",
    INNER_PROBE,
    probe("entry", PROBED),
    "/bin/filter > /tmp/filter & sleep 2; grep LOADED /tmp/filter",
    # When the tracers have their pages, so that those of its initialisation stay free.
    f"insmod /mods/{LATE}.ko; sleep 3",
)
HOOK_PAGE = "unexpected_kernel_code_pages"
INTRODUCTION = f"""# Rootkit techniques, made and looked for

`samples/techniques.sh` makes this file. A guest of each kernel (QEMU, TCG, {CPU}, {VCPUS} vCPUs, KASLR on) is made busy
as its owner may: modules {", ".join(EARLY)} and {LATE}, the function tracer for {TRACED.replace(" ", ", ")}, a kprobe at the
entry of {PROBED} and one in the middle of do_filp_open, two BPF filters on a socket. Its verdict must not be violated;
the hooks that its owner has set do not count below. Then `plumbline drill` makes each technique on a copy of the
image, and judges the copy on first sight, with a signature of the kernel's package, modules included.

A cell names what was reported at the technique's own place, with its symbol. Techniques that bring a page of code of
their own are reported for that page too (`{HOOK_PAGE}`), which is said only where it is all. **missed**: had to be
reported and was not; **also**: was reported and must not be. Pointers that lead to what a technique changed
(`unexpected_control_flow_target`) are counted and not named.
"""
SUMMARY = {
    "found": "techniques found",
    "missed": "techniques missed",
    "withExtra": "techniques besides which something else was reported",
    "notApplicable": "not on this guest",
}


def busy_image(lab, work, kernel):
    """The image of a busy guest; one that is there is used."""
    image = work / f"{kernel}-busy.mig"
    if image.is_file():
        return image
    files = lab / "kernels" / kernel
    modules = initrd.modules_with_dependencies(files / "lib/modules", (*EARLY, LATE))
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
    """What a command prints that may say that something was missed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise GuestError(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def told(row):
    """One cell: what was reported of a technique on one kernel."""
    if row["whyNot"]:
        return f"not here: {row['whyNot']}"
    own = [each for each in row["found"] if each["type"] != HOOK_PAGE or not each["symbol"].startswith("0x")]
    lines = [line(each) for each in own or row["found"][:1]]
    if row["consequences"]:
        lines.append(f"pointers that lead there: {len(row['consequences'])}")
    lines += [f"**missed** {line(each)}" for each in row["missed"]]
    lines += [f"**also** {line(each)}" for each in row["extra"]]
    return "<br>".join(lines)


def named(techniques, kernel):
    """Of how many tampered copies the build was named right, and how many were made."""
    made = [row for row in techniques if not row["whyNot"]]
    return f"{sum(row['build'] == kernel for row in made)} of {len(made)}"


def line(finding):
    """Addresses change with every boot, so they are no names here."""
    severity = finding["severity"] if finding["severity"] in ("low", "medium", "high") else None
    weight = f" ({severity})" if severity and finding["type"].startswith("unexpected") else ""
    symbol = "" if finding["symbol"].startswith("0x") else f" `{finding['symbol']}`"
    return f"{finding['type']}{symbol}{weight}"


def document(drills):
    """The lines of the document about {kernel: what its drill says}."""
    kernels = list(drills)
    yield INTRODUCTION
    yield "| | " + " | ".join(kernels) + " |"
    yield "|---|" + "---|" * len(kernels)
    for key, what in SUMMARY.items():
        yield f"| {what} | " + " | ".join(str(drills[kernel]["summary"][key]) for kernel in kernels) + " |"
    yield "| build named right, tampered with as it is when first seen | " + " | ".join(
        named(drills[kernel]["techniques"], kernel) for kernel in kernels) + " |"
    theme = None
    for rows in zip(*(drills[kernel]["techniques"] for kernel in kernels)):
        first = rows[0]
        if first["theme"] != theme:
            theme = first["theme"]
            yield f"\n## {theme[0].upper()}{theme[1:]}\n"
            yield "| technique | how it is made | " + " | ".join(kernels) + " |"
            yield "|---|---|" + "---|" * len(kernels)
        yield f"| {first['technique']} | {first['how']} | " + " | ".join(told(row) for row in rows) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", nargs="*", default=DEFAULT_KERNELS, help="what uname -r prints")
    parser.add_argument("--lab", type=pathlib.Path, required=True, help="the folder of kernels and busybox")
    parser.add_argument("--plumbline", required=True, help="the plumbline command")
    parser.add_argument("--store", type=pathlib.Path, required=True, help="where the signatures go")
    parser.add_argument("--packages", type=pathlib.Path, required=True, help="a folder of linux-image-KERNEL-*.deb")
    parser.add_argument("--out", required=True, help="the document that is written; - for standard output")
    parser.add_argument("--keep", type=pathlib.Path, help="keep the guests' images here, and use those that are there")
    arguments = parser.parse_args()
    arguments.work = (arguments.keep or arguments.store / "work").resolve()
    arguments.work.mkdir(parents=True, exist_ok=True)
    arguments.package = packages(arguments.packages, arguments.kernels)
    lacking = [kernel for kernel in arguments.kernels if kernel not in arguments.package]
    if lacking:
        sys.exit(f"{arguments.packages}: no package of {', '.join(lacking)}")
    drills = {}
    for kernel in arguments.kernels:
        drills[kernel] = drilled(arguments, kernel)
        print(f"{kernel}: {drills[kernel]['summary']}", file=sys.stderr, flush=True)
    text = "\n".join(document(drills)) + "\n"
    if arguments.out == "-":
        sys.stdout.write(text)
    else:
        pathlib.Path(arguments.out).write_text(text)
    wrong = sum(not row["asExpected"] for drill in drills.values() for row in drill["techniques"])
    print(f"{wrong} techniques are not found as they must be", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
