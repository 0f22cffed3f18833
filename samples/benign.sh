#!/bin/bash
# benign.sh [--kinds SUBSTRING] [--keep FOLDER] [KERNEL ...]
# Boots each kernel, changes it as its owner may (modules, tracing, probes, filters, processors) and
# verifies the guest after each change: no violation, and every hook reported with its owner
# (lab/benign.py). The table goes to standard output; exit status 1 if a row is not as it must be.
# Kernels are those of $LAB/kernels (default LAB=~/.cache/plumbline-lab), which record.sh fills.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LAB=${LAB:-$HOME/.cache/plumbline-lab}
store=$(mktemp -d)
trap 'rm -rf "$store"' EXIT
cd "$here"
PYTHONDONTWRITEBYTECODE=1 python3 -m lab.benign --lab "$LAB" --plumbline "$here/../plumbline" --store "$store" "$@"
