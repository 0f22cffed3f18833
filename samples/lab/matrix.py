"""Boots kernels on many machines and holds every guest against its package's signature.

    python3 -m lab.matrix --lab FOLDER --plumbline COMMAND --store FOLDER [--guests N] [KERNEL ...]

For each kernel below FOLDER/kernels the signature is made from its vmlinuz alone; no guest is
enrolled. Then guests are booted over processor models, vCPU counts and mitigations, KASLR on, and
`plumbline verify` must call each of them `exact`, without a finding. A row for each guest goes to
standard output as Markdown; the exit status is 1 if a row is not as it must be.
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


@dataclass(frozen=True)
class Cell:
    """One guest of the matrix."""

    cpu: str
    vcpus: int
    append: str


def cells(count):
    """`count` of all combinations, spread so that every value of every dimension comes early and often."""
    every = [Cell(*combination) for combination in itertools.product(CPUS, VCPUS, MITIGATIONS)]
    # A step that shares no factor with the number of combinations visits each of them once.
    step = 11
    return [every[(index * step) % len(every)] for index in range(min(count, len(every)))]


def run(plumbline, *arguments):
    done = subprocess.run([plumbline, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        raise GuestError(f"plumbline {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.returncode, json.loads(done.stdout)


def verify(arguments, kernel, cell):
    """The row of one guest: what it is, and what was said of it."""
    files = arguments.lab / "kernels" / kernel
    image = arguments.lab / "matrix.mig"
    ramdisk = arguments.lab / "matrix.cpio"
    initrd.build(arguments.lab / "busybox", {}, ramdisk)
    append = f"{cell.append} {RT_APPEND if '-rt-' in kernel else ''}".strip()
    with Guest(arguments.lab / "run" / "matrix", files / "vmlinuz", ramdisk, cell.cpu, cell.vcpus, append) as guest:
        guest.stop_in_kernel()
        guest.save(image)
    try:
        status, verdict = run(arguments.plumbline, "verify", str(image), "--store", str(arguments.store), "-o", "json")
    finally:
        image.unlink()
    identity, coverage = verdict["identity"], verdict["coverage"]
    right = identity["state"] == "exact" and identity["build"] == kernel and not verdict["findings"] and status == 0
    return right, (
        kernel, cell.cpu, cell.vcpus, cell.append or "default", identity["state"], verdict["trust"],
        len(verdict["findings"]), coverage["verifiedBytes"], coverage["unaccountedBytes"],
        "; ".join(sorted({f"{found['type']} {found['symbol']}" for found in verdict["findings"]}))[:120])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", nargs="*", help="what uname -r prints; default: every kernel of the lab")
    parser.add_argument("--lab", type=pathlib.Path, required=True, help="the working folder")
    parser.add_argument("--plumbline", required=True, help="the plumbline command")
    parser.add_argument("--store", type=pathlib.Path, required=True, help="where the signatures go")
    parser.add_argument("--guests", type=int, default=len(CPUS) * len(VCPUS) * len(MITIGATIONS), help="guests a kernel")
    arguments = parser.parse_args()
    kernels = arguments.kernels or sorted(path.name for path in (arguments.lab / "kernels").iterdir())
    print("| kernel | processor | vCPUs | mitigations | identity | trust | findings | verified bytes | unaccounted bytes | which |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    wrong = 0
    for kernel in kernels:
        vmlinuz = arguments.lab / "kernels" / kernel / "vmlinuz"
        run(arguments.plumbline, "signatures", "add", str(vmlinuz), "--store", str(arguments.store), "-o", "json")
        for cell in cells(arguments.guests):
            try:
                right, row = verify(arguments, kernel, cell)
            except GuestError as error:
                right, row = False, (kernel, cell.cpu, cell.vcpus, cell.append or "default", f"did not boot: {str(error)[:80]}")
            wrong += not right
            print("| " + " | ".join(str(value) for value in row) + " |", flush=True)
    print(f"{wrong} guests are not as they must be", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
