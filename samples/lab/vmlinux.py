"""Takes the kernel's ELF file out of a bzImage.

    python3 -m lab.vmlinux VMLINUZ VMLINUX

Reads payload_offset and payload_length of the setup header (kernel
Documentation/arch/x86/boot.rst) and decompresses with the tool of the codec, which must be
installed. The last four bytes of a payload are its size after decompression.
"""

import pathlib
import struct
import subprocess
import sys

SECTOR = 512
TOOLS = {
    b"\x1f\x8b": "gzip", b"\xfd7zXZ": "xz", b"\x02\x21\x4c\x18": "lz4", b"\x28\xb5\x2f\xfd": "zstd", b"\x5d\0\0": "lzma"}


def payload(image):
    """The compressed kernel in the bytes of a bzImage."""
    if image[0x202:0x206] != b"HdrS":
        raise ValueError("expected a bzImage, found no setup header")
    start = SECTOR * (1 + (image[0x1f1] or 4))
    offset, length = struct.unpack_from("<II", image, 0x248)
    return image[start + offset:start + offset + length]


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    compressed = payload(source.read_bytes())
    tool = next((name for magic, name in TOOLS.items() if compressed.startswith(magic)), None)
    if tool is None:
        sys.exit(f"{source}: expected a payload of {', '.join(TOOLS.values())}, found {compressed[:6].hex()}")
    with open(target, "wb") as out:
        subprocess.run([tool, "-dc"], input=compressed[:-4], stdout=out, check=True)


if __name__ == "__main__":
    main()
