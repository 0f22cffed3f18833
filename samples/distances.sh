#!/bin/bash
# distances.sh [--store FOLDER] [KERNEL KERNEL]...
# How far Debian's kernels are apart, in functions of what an interrupt or all system calls lead to: a row for
# each pair, as `plumbline signatures diff` counts them (lab/distances.py). The table goes to standard output.
# Kernels are those that lie in $LAB/kernels (default LAB=~/.cache/plumbline-lab), which record.sh fills; without
# arguments each is compared with the next version of its flavour and with the cloud flavour of its version.
# --store keeps the kernels' signatures for the next time. A kernel takes about ten seconds, and so does a pair.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LAB=${LAB:-$HOME/.cache/plumbline-lab}
store=$(mktemp -d)
trap 'rm -rf "$store"' EXIT
if [[ "${1:-}" == --store ]]; then
  kept=$(realpath -m -- "${2:?--store needs a folder}")
  shift 2
fi
cd "$here"
PYTHONDONTWRITEBYTECODE=1 python3 -m lab.distances --lab "$LAB" --plumbline "$here/../plumbline" --store "${kept:-$store}" "$@"
