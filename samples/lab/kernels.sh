# Sourced by record.sh and load.sh, which set $here (the folder of the samples) and $LAB (the working folder):
# the kernels out of their packages, and the guests' images.

for tool in qemu-system-x86_64 python3 apt-get dpkg-deb xz zstd; do
  command -v "$tool" >/dev/null || { echo "$(basename "$0"): $tool is not installed" >&2; exit 1; }
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
