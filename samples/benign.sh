#!/bin/bash
# benign.sh [--acts PATTERN] [--packages FOLDER] [--headers FOLDER] [--keep FOLDER] [KERNEL ...]
# Boots each kernel, changes it as its owner may (modules, tracing, probes, filters, processors) and
# verifies the guest after each change: no violation, and every hook reported with its owner
# (lab/benign.py). With --packages, a folder of the kernels' .deb ($LAB/packages), modules are held against them; with
# --headers too, where linux-headers-KERNEL, its -common and linux-kbuild are unpacked (apt-get download; dpkg -x FILE
# FOLDER), a livepatch is built and loaded. The table goes to standard output; exit status 1 if a row is not as it must be.
# Kernels are those of $LAB/kernels (default LAB=~/.cache/plumbline-lab), which record.sh fills.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LAB=${LAB:-$HOME/.cache/plumbline-lab}
store=$(mktemp -d)
trap 'rm -rf "$store"' EXIT
cd "$here"
PYTHONDONTWRITEBYTECODE=1 python3 -m lab.benign --lab "$LAB" --plumbline "$here/../plumbline" --store "$store" "$@"
