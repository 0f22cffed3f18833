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

for tool in qemu-system-x86_64 python3 apt-get dpkg-deb xz zstd; do
  command -v "$tool" >/dev/null || { echo "record.sh: $tool is not installed" >&2; exit 1; }
done
mkdir -p "$LAB"

# unpack SUITE PACKAGE [VERSION]: the package's files, in a fresh $LAB/unpacked
unpack() {
  local deb
  deb=$("$here/lab/fetch.sh" "$@")
  rm -rf "$LAB/unpacked"
  dpkg-deb -x "$deb" "$LAB/unpacked"
}

fetch_busybox() {
  [[ -e $LAB/busybox ]] && return
  unpack bookworm busybox-static
  cp "$(find "$LAB/unpacked" -path '*bin/busybox' -type f | head -1)" "$LAB/busybox"
}

# fetch_kernel SUITE PACKAGE VERSION RELEASE: vmlinuz and modules in $LAB/kernels/RELEASE
fetch_kernel() {
  local kernel=$LAB/kernels/$4
  [[ -e $kernel/vmlinuz ]] && return
  unpack "$1" "$2" "$3"
  mkdir -p "$kernel/lib"
  cp -r "$(find "$LAB/unpacked" -path '*lib/modules' -type d | head -1)" "$kernel/lib/"
  cp "$LAB/unpacked/boot/vmlinuz-$4" "$kernel/vmlinuz"
}

# images RELEASE ROLE: as lab/scenario.py describes; kept when they are there already
images() {
  local folder=$LAB/images/$1/$2
  [[ -e $folder/complete ]] && return
  (cd "$here" && PYTHONDONTWRITEBYTECODE=1 python3 -m lab.scenario "$1" "$2" --lab "$LAB")
  touch "$folder/complete"
}

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
