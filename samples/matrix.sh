#!/bin/bash
# matrix.sh [--guests N] [KERNEL ...]
# Boots each kernel of the lab on many machines and verifies every guest against the signature of its
# package: identified exactly, no finding (lab/matrix.py). The table goes to standard output.
# Kernels are those that lie in $LAB/kernels (default LAB=~/.cache/plumbline-lab), which record.sh fills;
# put others there as NAME/vmlinuz. A guest takes about ten seconds; the whole matrix is 40 guests a kernel.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LAB=${LAB:-$HOME/.cache/plumbline-lab}
store=$(mktemp -d)
trap 'rm -rf "$store"' EXIT
cd "$here"
PYTHONDONTWRITEBYTECODE=1 python3 -m lab.matrix --lab "$LAB" --plumbline "$here/../plumbline" --store "$store" "$@"
