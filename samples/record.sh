#!/bin/bash
# record.sh [--images-only] [PATTERN]
# Makes the recordings and signatures of this folder again, from Debian packages and QEMU guests:
#   kernels.txt       the kernels, as Debian packages with their versions
#   lab/              boots the guests, drives them, tampers with them, saves their images
#   recordings/       written: one recording for each recorded kernel, and its answer key
#   signatures/       written: the signatures, enrolled from other boots than the recordings
# Packages, guests and images (about 12 GB) stay in $LAB, default ~/.cache/plumbline-lab.
# PATTERN (a shell pattern on what uname -r prints) restricts the run; --images-only stops before the plumbline command.
# Needs Debian's qemu-system-x86, xz-utils, zstd and python3; no KVM, no root. About 15 minutes on 2 cores.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
plumbline=$here/../plumbline
export LAB=${LAB:-$HOME/.cache/plumbline-lab}

images_only=false
if [[ ${1:-} == --images-only ]]; then
  images_only=true
  shift
fi
pattern=${1:-*}

. "$here/lab/kernels.sh"

record() {
  local release=$1 folder=$LAB/images/$1
  mkdir -p "$here/recordings"
  local others
  mapfile -t others < <(find "$folder/enrol" -name '*.mig' ! -name qemu64-1.mig | sort)
  # Symbols are those of the first image, so that one comes first.
  "$plumbline" signatures add --enrol "$release" --store "$here/signatures" \
    --symbols "$folder/enrol/qemu64-1.kallsyms" "$folder/enrol/qemu64-1.mig" \
    "${others[@]}"
  "$plumbline" record "$folder"/recording/*.mig --vm "sample-$release" --pages kernel \
    --out "$here/recordings/$release.avro"
  cp "$folder/recording/expected.json" "$here/recordings/$release.expected.json"
}

fetch_busybox
while read -r -u 3 role suite package version release; do
  # shellcheck disable=SC2053  # the right side is meant as a pattern
  [[ $role == \#* || -z $role || $release != $pattern ]] && continue
  fetch_kernel "$suite" "$package" "$version" "$release"
  if [[ $role == neighbour ]]; then
    images "$release" neighbour
    continue
  fi
  for set in recording enrol verify; do
    images "$release" "$set"
  done
  "$images_only" || record "$release"
done 3<"$here/kernels.txt"
