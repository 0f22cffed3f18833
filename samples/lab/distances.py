"""How far the lab's kernels are apart, as a table of functions that one has and the other lacks.

    python3 -m lab.distances --lab FOLDER --plumbline COMMAND --store FOLDER [KERNEL KERNEL ...]

A cell counts functions of an entry's closure: only in the first kernel, only in the second, in both.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

# Which of the entries that `signatures diff` lists make the columns, by how their names begin.
ENTRIES = (("#DE", "IDT[0] "), ("#PF", "IDT[14] "), ("timer", "IDT[236] "), ("devices", "IDT[33] "), ("system calls", "system calls"))
FLAVOURS = ("cloud-amd64", "rt-amd64", "amd64")


def run(plumbline, *arguments):
    done = subprocess.run([plumbline, *arguments, "-o", "json"], stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout


def flavour(kernel):
    return next(each for each in FLAVOURS if kernel.endswith(each))


def version(kernel):
    """What sorts kernels by their age: 6.1.0-50-cloud-amd64 comes after 6.1.0-47-cloud-amd64."""
    return tuple(int(number) for number in re.findall(r"\d+", kernel.removesuffix(flavour(kernel)))[:4])


def neighbours(kernels):
    """Each kernel with the next version of its flavour, and other flavours with the cloud's of their version."""
    for each in FLAVOURS:
        same = sorted((kernel for kernel in kernels if flavour(kernel) == each), key=version)
        yield from zip(same, same[1:])
    for kernel in sorted(kernels, key=version):
        for cloud in kernels:
            if cloud != kernel and flavour(cloud) == FLAVOURS[0] and version(cloud) == version(kernel):
                yield cloud, kernel


def known(plumbline, store):
    if not store.is_dir():
        return set()
    return set(re.findall(r'"build"\s*:\s*"([^"]+)"', run(plumbline, "signatures", "list", "--store", str(store))))


def row(plumbline, store, first, second):
    distance = json.loads(run(plumbline, "signatures", "diff", first, second, "--store", str(store)))
    cells = [f"{distance['onlyInA']} / {distance['onlyInB']} / {distance['inBoth']}"]
    for _, begin in ENTRIES:
        entry = next((each for each in distance["entries"] if each["entry"].startswith(begin)), None)
        cells.append(f"{entry['onlyInA']} / {entry['onlyInB']} / {entry['inBoth']}" if entry else "-")
    return f"| {first} | {second} | " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", nargs="*", help="pairs of what uname -r prints; default: neighbours in the lab")
    parser.add_argument("--lab", type=pathlib.Path, required=True, help="the working folder")
    parser.add_argument("--plumbline", required=True, help="the plumbline command")
    parser.add_argument("--store", type=pathlib.Path, required=True, help="where the signatures are or go")
    arguments = parser.parse_args()
    if len(arguments.kernels) % 2:
        parser.error("expected pairs of kernels")
    every = [path.name for path in (arguments.lab / "kernels").iterdir()]
    pairs = list(zip(arguments.kernels[::2], arguments.kernels[1::2])) or list(neighbours(every))
    there = known(arguments.plumbline, arguments.store)
    for kernel in sorted({kernel for pair in pairs for kernel in pair} - there):
        print(f"reading {kernel}", file=sys.stderr)
        vmlinuz = arguments.lab / "kernels" / kernel / "vmlinuz"
        run(arguments.plumbline, "signatures", "add", str(vmlinuz), "--store", str(arguments.store))
    print("| A | B | all | " + " | ".join(name for name, _ in ENTRIES) + " |")
    print("|---" * (len(ENTRIES) + 3) + "|", flush=True)
    for first, second in pairs:
        print(row(arguments.plumbline, arguments.store, first, second), flush=True)


if __name__ == "__main__":
    main()
