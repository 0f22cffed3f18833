"""How much of each kernel's text hardware state leads to, step by step, and how long that takes.

    python3 -m lab.coverage --lab FOLDER --plumbline COMMAND --store FOLDER --out FILE [KERNEL ...]

A guest of each kernel (EPYC, two vCPUs; lab/matrix.py boots it if there is no image) is explored by
`plumbline bench fixpoint`, once with the signature of its vmlinuz and once without any. FILE becomes
a Markdown document.
"""

import argparse
import json
import pathlib
import subprocess

from .guest import GuestError
from .matrix import Cell, image_of

GUEST = Cell("EPYC", 2, "")
STEPS = {
    "direct": "direct flow",
    "slots": "pointer slots and tables",
    "code_addresses": "code addresses in code",
    "read_only_data": "read-only data",
    "writable_data": "the kernel's own writable data",
    "heap": "objects on the heap",
}
INTRODUCTION = f"""# How much code hardware state leads to

`samples/coverage.sh` makes this file: `plumbline bench fixpoint` on a guest of each kernel (QEMU, TCG, {GUEST.cpu}, two vCPUs,
256 MiB, KASLR on, at rest). Each share is that of non-blank kernel text (all supervisor-executable memory but runs of 64
and more zeros or INT3) that was reached when the step had come to its end: each column includes those before it. *With*: the
build's package is known; only code as it must be is followed, pieces of data are the build's variables, a pointer must lead
to a function's beginning. *Without*: nothing is known of the kernel; a pointer must lead to sixteen-byte-aligned code that
decodes, and of a piece of data a kilobyte is looked at, its neighbour's part included: that is why *without* finds more.

Beside it the figures of *Cloud Security Is Not (Just) Virtualization Security* (CCSW 2009), by direct flow.

"""
TIMES = """
## Time

Medians of 15 verdicts after 6 that warm up the compiler, one thread, a guest never seen before: nothing of the guest is kept
from one to the next; what is derived from a package (once a process) is. *Explored*: page tables walked, executable memory
copied, code and data followed to the fixpoint. *Verdict*: that and naming, verification of every byte, monitors, findings.

| kernel | signature | text, MB | explored, ms | verdict, ms |
|---|---|---|---|---|
"""


def run(plumbline, *arguments):
    done = subprocess.run([plumbline, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise GuestError(f"plumbline {arguments[0]}: exit {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def measured(arguments, kernel):
    """The two rows of a kernel: with its signature and without."""
    image = arguments.store / f"{kernel}.mig"
    compressed = image_of(arguments.lab, kernel, GUEST)
    store = str(arguments.store / "signatures")
    subprocess.run(["zstd", "-q", "-d", "-f", str(compressed), "-o", str(image)], check=True)
    run(arguments.plumbline, "signatures", "add", str(arguments.lab / "kernels" / kernel / "vmlinuz"), "--store", store, "-o", "jsonl")
    rows = run(arguments.plumbline, "bench", "fixpoint", str(image), "--store", store, "-o", "jsonl")
    image.unlink()
    return rows


def share(row, step):
    return f"{100 * row['bytesByStep'][step] / row['textBytes']:.1f} %"


def document(rows):
    lines = ["| kernel | signature | " + " | ".join(STEPS.values()) + " |", "|---|---" + "|---" * len(STEPS) + "|"]
    for name, direct in (("Linux 2.6.24, 2009", "24 %"), ("Windows XP, 2009", "52 %")):
        lines.append(f"| {name} | | {direct} |" + " |" * (len(STEPS) - 1))
    for row in rows:
        lines.append(f"| {row['build']} | {'with' if row['signature'] else 'without'} | "
                     + " | ".join(share(row, step) for step in STEPS) + " |")
    times = [f"| {row['build']} | {'with' if row['signature'] else 'without'} | {row['textBytes'] / 1e6:.2f} | "
             f"{row['exploreMs']:.0f} | {row['verdictMs']:.0f} |" for row in rows]
    return INTRODUCTION + "\n".join(lines) + "\n" + TIMES + "\n".join(times) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", nargs="*", help="what uname -r prints; default: every kernel of the lab")
    parser.add_argument("--lab", type=pathlib.Path, required=True, help="the working folder")
    parser.add_argument("--plumbline", required=True, help="the plumbline command")
    parser.add_argument("--store", type=pathlib.Path, required=True, help="a folder for signatures and one image")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the document")
    arguments = parser.parse_args()
    kernels = arguments.kernels or sorted(path.name for path in (arguments.lab / "kernels").iterdir())
    arguments.out.write_text(document([row for kernel in kernels for row in measured(arguments, kernel)]))


if __name__ == "__main__":
    main()
