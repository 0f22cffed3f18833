#!/bin/bash
# techniques.sh [--packages FOLDER] [--keep FOLDER] [--out FILE] [KERNEL ...]
# Boots each kernel, makes the guest busy as its owner may (modules, a tracer, kprobes, BPF filters), and makes every
# rootkit technique on a copy of its image: what was found, missed, and reported besides (lab/techniques.py). Signatures are
# made of the kernels' .deb in --packages (default $LAB/packages), modules included. Writes docs/measurements/techniques.md;
# --out - for standard output. Exit status 1 if a technique was missed or something else reported.
# With --keep the guests' images stay in a folder, and those that are there are used.
# Kernels are those of $LAB/kernels (default LAB=~/.cache/plumbline-lab), which record.sh fills.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LAB=${LAB:-$HOME/.cache/plumbline-lab}
store=$(mktemp -d)
trap 'rm -rf "$store"' EXIT
cd "$here"
PYTHONDONTWRITEBYTECODE=1 python3 -m lab.techniques --lab "$LAB" --plumbline "$here/../plumbline" --store "$store" \
  --packages "$LAB/packages" --out "$here/../docs/measurements/techniques.md" "$@"
