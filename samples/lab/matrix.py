"""Boots kernels on many machines and holds every guest against its package's signature.

    python3 -m lab.matrix --lab FOLDER --plumbline COMMAND --store FOLDER [--guests N] [--boot] [KERNEL ...]

For each kernel below FOLDER/kernels the signature is made from its vmlinuz alone; no guest is
enrolled. Guests are booted over processor models, vCPU counts and mitigations, KASLR on, and
`plumbline verify` must call each of them `exact`, without a finding, every byte explained. Images
stay, compressed, in FOLDER/images/KERNEL/matrix, and are verified again without a boot; --boot only
boots. A row for each guest goes to standard output as Markdown; the exit status is 1 if a row is
not as it must be.
"""

import argparse
import itertools
import json
import pathlib
import subprocess
import sys
from dataclasses import dataclass

from . import initrd
from .guest import Guest, GuestError

CPUS = ("qemu64", "Nehalem", "Skylake-Client", "EPYC", "max")
VCPUS = (1, 2)
MITIGATIONS = ("", "mitigations=off", "retbleed=stuff", "pti=on")
# rt kernels take the emulated timer's stray interrupts for a fault and switch it off.
RT_APPEND = "noirqdebug"
# Images that lie uncompressed at a time, 80 MB each.
AT_ONCE = 10
COLUMNS = ("kernel", "processor", "vCPUs", "mitigations", "identity", "trust", "findings", "verified bytes",
           "unexplained bytes", "which")


@dataclass(frozen=True)
class Cell:
    """One guest of the matrix."""

    cpu: str
    vcpus: int
    append: str

    @property
    def mitigations(self):
        return self.append or "default"

    @property
    def file(self):
        return f"{self.cpu}-{self.vcpus}-{self.mitigations}.mig.zst".lower()


def cells(count):
    """`count` of all combinations, spread so that every value of every dimension comes early and often."""
    every = [Cell(*combination) for combination in itertools.product(CPUS, VCPUS, MITIGATIONS)]
    # A step that shares no factor with the number of combinations visits each of them once.
    step = 11
    return [every[(index * step) % len(every)] for index in range(min(count, len(every)))]


def image_of(lab, kernel, cell):
    """The compressed image of one guest, which is booted if none is there."""
    image = lab / "images" / kernel / "matrix" / cell.file
    if image.exists():
        return image
    image.parent.mkdir(parents=True, exist_ok=True)
    ramdisk = lab / "matrix.cpio"
    initrd.build(lab / "busybox", {}, ramdisk)
    append = f"{cell.append} {RT_APPEND if '-rt-' in kernel else ''}".strip()
    unfinished = image.with_suffix(".part")
    with Guest(lab / "run" / "matrix", lab / "kernels" / kernel / "vmlinuz", ramdisk, cell.cpu, cell.vcpus, append) as guest:
        guest.stop_in_kernel()
        guest.save(unfinished, "zstd -q -1")
    unfinished.rename(image)
    return image


def run(plumbline, *arguments):
    """The JSON objects that a command printed, one a line."""
    done = subprocess.run([plumbline, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        raise GuestError(f"plumbline {arguments[0]}: exit {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def row_of(kernel, cell, verdict):
    """Whether a guest is as it must be, and its row: what it is, and what was said of it."""
    identity, coverage, findings = verdict["identity"], verdict["coverage"], verdict["findings"]
    unexplained = coverage["textBytes"] - coverage["verifiedBytes"]
    right = (identity["state"] == "exact" and identity["build"] == kernel and verdict["trust"] == "trusted"
             and not findings and unexplained == 0)
    said = sorted({f"{found['type']} {found['symbol']}" for found in findings}) + verdict.get("blindSpots", [])
    return right, (
        kernel, cell.cpu, cell.vcpus, cell.mitigations, identity["state"], verdict["trust"], len(findings),
        coverage["verifiedBytes"], unexplained, "; ".join(said)[:160])


def rows(arguments, kernel, some):
    """Rows of a few guests of one kernel, verified in one run."""
    images, failed = {}, []
    for cell in some:
        try:
            compressed = image_of(arguments.lab, kernel, cell)
            images[cell] = arguments.store / cell.file.removesuffix(".zst")
            subprocess.run(["zstd", "-q", "-d", "-f", str(compressed), "-o", str(images[cell])], check=True)
        except GuestError as error:
            failed.append((False, (kernel, cell.cpu, cell.vcpus, cell.mitigations, f"no guest: {str(error)[:160]}")))
    files = [str(image) for image in images.values()]
    store = str(arguments.store / "signatures")
    verdicts = {verdict["vm"]: verdict for verdict in run(arguments.plumbline, "verify", *files, "--store", store, "-o", "jsonl")}
    for image in images.values():
        image.unlink()
    return [row_of(kernel, cell, verdicts[image.name]) for cell, image in images.items()] + failed


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", nargs="*", help="what uname -r prints; default: every kernel of the lab")
    parser.add_argument("--lab", type=pathlib.Path, required=True, help="the working folder")
    parser.add_argument("--plumbline", required=True, help="the plumbline command")
    parser.add_argument("--store", type=pathlib.Path, required=True, help="a folder for signatures and a few images")
    parser.add_argument("--guests", type=int, default=len(CPUS) * len(VCPUS) * len(MITIGATIONS), help="guests a kernel")
    parser.add_argument("--boot", action="store_true", help="boot the guests that have no image yet, and verify none")
    return parser.parse_args()


def boot(arguments, kernels):
    """Makes the images, all kernels of one machine after the other; the number of guests that did not come up."""
    failed = 0
    for cell in cells(arguments.guests):
        for kernel in kernels:
            try:
                image_of(arguments.lab, kernel, cell)
            except GuestError as error:
                failed += 1
                print(f"{kernel} {cell.file}: {error}", file=sys.stderr, flush=True)
    return failed


def judge(arguments, kernels):
    """Prints the table; the number of guests that are not as they must be."""
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|", flush=True)
    wrong = 0
    store = str(arguments.store / "signatures")
    for kernel in kernels:
        run(arguments.plumbline, "signatures", "add", str(arguments.lab / "kernels" / kernel / "vmlinuz"), "--store", store, "-o", "jsonl")
        wanted = cells(arguments.guests)
        for start in range(0, len(wanted), AT_ONCE):
            for right, row in rows(arguments, kernel, wanted[start:start + AT_ONCE]):
                wrong += not right
                print("| " + " | ".join(str(value) for value in row) + " |", flush=True)
    return wrong


def main():
    arguments = parse()
    kernels = arguments.kernels or sorted(path.name for path in (arguments.lab / "kernels").iterdir())
    wrong = boot(arguments, kernels) if arguments.boot else judge(arguments, kernels)
    print(f"{wrong} of {len(kernels) * min(arguments.guests, len(cells(1 << 30)))} guests are not as they must be", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
