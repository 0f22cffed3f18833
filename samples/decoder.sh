#!/bin/bash
# decoder.sh [KERNEL ...]
# Holds the decoder against Capstone and objdump over every executable section of the lab's kernels, and prints a row
# for each kernel and the classes of disagreements. Fails if one is not explained in explained-disagreements.txt.
# KERNEL is what uname -r prints; default: every kernel in $LAB/kernels (default LAB=~/.cache/plumbline-lab).
# Needs libcapstone4, binutils and Maven. FUZZ=10000000 compares that many byte strings as well, SEED=N other ones.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB=${LAB:-$HOME/.cache/plumbline-lab}
kernels=("${@/#/$LAB/kernels/}")
export PLUMBLINE_KERNELS
PLUMBLINE_KERNELS=$(IFS=:; echo "${kernels[*]:-$LAB/kernels}")

cd "$here/.."
tests=KernelFileTextTest
options=(-Dsurefire.failIfNoSpecifiedTests=false)
if [[ -n ${FUZZ:-} ]]; then
  tests+=,DecoderOpinionsTest
  options+=("-Dplumbline.fuzz.strings=$FUZZ" ${SEED:+"-Dplumbline.fuzz.seed=$SEED"})
fi
mvn -B -q test -pl cli -am -Dtest="$tests" "${options[@]}"
