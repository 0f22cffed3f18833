"""An initramfs for a sample guest: Debian's static busybox, an init that obeys the serial line, modules.

The init prints READY, then runs each line that arrives on the serial port and answers with
"@@DONE <exit status>". Nothing else runs in the guest, so a recording holds no personal data.
"""

import lzma
import pathlib
import re
import subprocess

INIT = """#!/bin/sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tracefs tracefs /sys/kernel/tracing
echo 0 > /proc/sys/kernel/kptr_restrict
exec </dev/ttyS0 >/dev/ttyS0 2>&1
stty -F /dev/ttyS0 -echo
echo READY
while read -r line; do eval "$line"; echo "@@DONE $?"; done
"""

DIRECTORIES = ("bin", "dev", "mods", "proc", "sys", "tmp")


def read_module(path):
    """The bytes of a .ko file, which newer Debian releases compress."""
    content = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(content)
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", str(path)], check=True, stdout=subprocess.PIPE).stdout
    return content


def modules_with_dependencies(tree, wanted):
    """{module name: content} of `wanted` and of all that they depend on, in loading order.

    The package holds no modules.dep (depmod writes it at installation), but every module names
    what it depends on in its .modinfo section.
    """
    files = {path.name.split(".")[0].replace("-", "_"): path for path in tree.rglob("*.ko*")}
    loaded = {}

    def add(name):
        if name in loaded:
            return
        if name not in files:
            raise FileNotFoundError(f"module {name}: not among the {len(files)} modules below {tree}")
        content = read_module(files[name])
        depends = re.search(rb"\0depends=([^\0]*)\0", content)
        for needed in filter(None, depends.group(1).decode().split(",") if depends else []):
            add(needed.replace("-", "_"))
        loaded[name] = content

    for name in wanted:
        add(name)
    return loaded


def newc(entries):
    """A cpio archive, format "newc" (kernel: Documentation/driver-api/early-userspace/buffer-format.rst)."""
    archive = bytearray()
    listed = [*entries, ("TRAILER!!!", 0, b"")]
    for inode, (name, mode, content) in enumerate(listed, 1):
        fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        archive += b"070701" + b"".join(b"%08X" % field for field in fields)
        archive += name.encode() + b"\0"
        archive += bytes(-len(archive) % 4) + content
        archive += bytes(-len(archive) % 4)
    return bytes(archive)


def build(busybox, modules, target):
    """Writes the initramfs to `target`; `modules` is what modules_with_dependencies gave."""
    entries = [(name, 0o040755, b"") for name in DIRECTORIES]
    entries.append(("bin/busybox", 0o100755, busybox.read_bytes()))
    entries.append(("bin/sh", 0o120777, b"busybox"))
    entries.append(("init", 0o100755, INIT.encode()))
    entries += [(f"mods/{name}.ko", 0o100644, content) for name, content in modules.items()]
    pathlib.Path(target).write_bytes(newc(entries))
