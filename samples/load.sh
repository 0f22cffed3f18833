#!/bin/bash
# load.sh [PATTERN]
# Records the guests of the samples also while they work hard, for `plumbline bench fleet --busy`:
#   $LAB/load/RELEASE.avro, RELEASE.expected.json   as in recordings/, with rounds of the kind busy
#   $LAB/load/signatures                            of the kernels' packages
# LAB is ~/.cache/plumbline-lab unless it is set. PATTERN (a shell pattern on what uname -r prints) restricts the run.
# Needs what record.sh needs. About a minute a kernel on 2 cores.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
plumbline=$here/../plumbline
export LAB=${LAB:-$HOME/.cache/plumbline-lab}
. "$here/lab/kernels.sh"

pattern=${1:-*}
out=$LAB/load
mkdir -p "$out"

fetch_busybox
while read -r -u 3 role suite package version release; do
  # shellcheck disable=SC2053  # the right side is meant as a pattern
  [[ $role == \#* || -z $role || $release != $pattern ]] && continue
  fetch_kernel "$suite" "$package" "$version" "$release"
  images "$release" load
  "$plumbline" signatures add --store "$out/signatures" "$("$here/lab/fetch.sh" "$suite" "$package" "$version")"
  "$plumbline" record "$LAB/images/$release/load"/*.mig --vm "load-$release" --pages kernel --out "$out/$release.avro"
  cp "$LAB/images/$release/load/expected.json" "$out/$release.expected.json"
done 3<"$here/kernels.txt"
