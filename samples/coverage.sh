#!/bin/bash
# coverage.sh [KERNEL ...]
# How much of each kernel's text hardware state leads to, step by step, with the kernel's signature and without, and how
# long that takes (lab/coverage.py). Writes docs/measurements/coverage.md.
# Kernels are those that lie in $LAB/kernels (default LAB=~/.cache/plumbline-lab), which record.sh fills; put others there as
# NAME/vmlinuz. A kernel takes about half a minute. Measure on a machine that does nothing else.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LAB=${LAB:-$HOME/.cache/plumbline-lab}
store=$(mktemp -d)
trap 'rm -rf "$store"' EXIT
cd "$here"
PYTHONDONTWRITEBYTECODE=1 python3 -m lab.coverage --lab "$LAB" --plumbline "$here/../plumbline" --store "$store" \
  --out "$here/../docs/measurements/coverage.md" "$@"
