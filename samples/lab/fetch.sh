#!/bin/bash
# fetch.sh SUITE PACKAGE [VERSION]
# Downloads one Debian amd64 package of any suite, from the mirror that this machine's own apt uses,
# without touching the machine's package lists. Prints the path of the .deb. Works below $LAB/packages.
set -euo pipefail

suite=$1
package=$2
version=${3:-}
home=${LAB:?the working folder}/packages
apt=$home/apt-$suite
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

deb_of() {
  find "$home" -maxdepth 1 -name "${package}_${version:-*}_amd64.deb" | sort | tail -1
}

mkdir -p "$apt"/{parts,state/lists/partial,cache/archives/partial}
deb=$(deb_of)
if [[ -n $deb ]]; then
  echo "$deb"
  exit
fi

mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null \
  | head -1 | tr -d ' ' || true)
if [[ -z $mirror ]]; then
  echo "fetch.sh: /etc/apt/sources.list* names no Debian mirror" >&2
  exit 1
fi

: >"$apt/state/status"
echo "deb [arch=amd64 signed-by=$keyring] ${mirror%/} $suite main" >"$apt/sources.list"
options=(
  -o "Dir::Etc::sourcelist=$apt/sources.list" -o "Dir::Etc::sourceparts=$apt/parts"
  -o "Dir::State=$apt/state" -o "Dir::State::status=$apt/state/status" -o "Dir::Cache=$apt/cache"
  -o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o APT::Sandbox::User=root
  -o Acquire::Languages=none
)
apt-get "${options[@]}" -qq update >&2
(cd "$home" && apt-get "${options[@]}" -qq download "$package${version:+=$version}" >&2)
deb=$(deb_of)
if [[ -z $deb ]]; then
  echo "fetch.sh: apt-get downloaded $package $version, but no such file is in $home" >&2
  exit 1
fi
echo "$deb"
