"""One QEMU guest under software emulation (TCG): start it, type into it, stop it, save it.

Its memory lies in a shared file, so the host reads and writes the memory of a stopped guest
directly; its images are QEMU migration streams, which hold memory and every register.
"""

import json
import mmap
import re
import select
import shutil
import socket
import subprocess
import time

MEMORY_MIB = 256
QEMU = "qemu-system-x86_64"
# One host thread for all vCPUs: a two-vCPU guest with a thread each once died while it rewrote its code for ftrace.
TCG = "tcg,thread=single"
# no_timer_check: on a busy host the emulated timer can miss the kernel's test of it, which ends in a panic.
COMMAND_LINE = "console=ttyS0,115200 panic=-1 no_timer_check"


class GuestError(RuntimeError):
    """The guest or QEMU did not do what was asked; the message says which and what came instead."""


class Monitor:
    """QEMU's machine protocol (QMP) over a Unix socket."""

    def __init__(self, path, process):
        self._socket = _connect(path, process)
        self._stream = self._socket.makefile("rwb")
        self._stream.readline()  # the greeting
        self.run("qmp_capabilities")

    def run(self, command, **arguments):
        request = {"execute": command, "arguments": arguments}
        self._stream.write(json.dumps(request).encode() + b"\n")
        self._stream.flush()
        while True:
            line = self._stream.readline()
            if not line:
                raise GuestError(f"{command}: QEMU closed its monitor")
            reply = json.loads(line)
            if "error" in reply:
                raise GuestError(f"{command}: {reply['error']['desc']}")
            if "return" in reply:
                return reply["return"]

    def human(self, command):
        """A command of the human monitor, whose answer is text."""
        return self.run("human-monitor-command", **{"command-line": command})

    def close(self):
        self._stream.close()
        self._socket.close()


def _connect(path, process, timeout=30):
    """A connection to a socket that QEMU makes soon after its start."""
    deadline = time.monotonic() + timeout
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
            return connection
        except OSError as error:
            connection.close()
            if process.poll() is not None or time.monotonic() > deadline:
                reason = (path.parent / "qemu.log").read_text(errors="replace").strip()
                raise GuestError(f"no connection to {path}: {error}; QEMU said: {reason}") from error
            time.sleep(0.05)


class Guest:
    """A context manager: the guest runs inside the `with`, and nothing of it is left afterwards."""

    def __init__(self, folder, kernel, initrd, cpu="qemu64", vcpus=1, append="", mib=MEMORY_MIB):
        self.folder, self.cpu, self.vcpus, self.append, self.mib = folder, cpu, vcpus, append, mib
        self._kernel, self._initrd = kernel, initrd
        self._output = b""

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        memory = self.folder / "memory"
        self._log = open(self.folder / "qemu.log", "wb")
        self._process = subprocess.Popen(
            [
                QEMU, "-accel", TCG, "-machine", "pc,memory-backend=mem",
                "-cpu", self.cpu, "-smp", str(self.vcpus), "-m", f"{self.mib}M",
                "-object", f"memory-backend-file,id=mem,size={self.mib}M,share=on,mem-path={memory}",
                "-nodefaults", "-nic", "none", "-display", "none", "-vga", "none", "-no-reboot",
                "-chardev", f"socket,id=tty,path={self.folder}/tty,server=on,wait=off,logfile={self.folder}/tty.log",
                "-serial", "chardev:tty", "-qmp", f"unix:{self.folder}/qmp,server=on,wait=off",
                "-kernel", str(self._kernel), "-initrd", str(self._initrd),
                "-append", f"{COMMAND_LINE} {self.append}",
            ],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        try:
            self.monitor = Monitor(self.folder / "qmp", self._process)
            self._tty = _connect(self.folder / "tty", self._process)
            with open(memory, "r+b") as file:
                self.memory = mmap.mmap(file.fileno(), self.mib << 20)
            self._await(rb"READY", 0, 300)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self.memory.close()
        self.monitor.close()
        self._tty.close()
        self._end()

    def _end(self):
        self._process.kill()
        self._process.wait()
        self._log.close()
        (self.folder / "memory").unlink(missing_ok=True)

    def shell(self, line, timeout=300):
        """Runs one line in the guest and returns what it printed; a failing line is an error."""
        start = len(self._output)
        self._tty.sendall(line.encode() + b"\n")
        done = self._await(rb"@@DONE (\d+)", start, timeout)
        printed = self._output[start:done.start()].decode("latin1").replace("\r", "")
        if done.group(1) != b"0":
            raise GuestError(f"`{line}` ended with {done.group(1).decode()} in the guest: {printed[-400:]}")
        return printed

    def _await(self, pattern, start, timeout):
        deadline = time.monotonic() + timeout
        while True:
            found = re.compile(pattern).search(self._output, start)
            if found:
                return found
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise GuestError(f"{self.folder.name}: no {pattern!r} from the guest; last: {self._output[-400:]!r}")
            if select.select([self._tty], [], [], 0.1)[0]:
                self._output += self._tty.recv(1 << 16)

    def stop_in_kernel(self, attempts=50):
        """Stops the guest with vCPU 0 in kernel mode and on the kernel's page tables.

        Under kernel page-table isolation a vCPU in user mode, or just inside the kernel's entry,
        shows the user's page tables, which Linux keeps in the page after the kernel's (CR3 bit 12).
        Without isolation that bit means nothing; a halted vCPU idles on the kernel's tables.
        """
        seen = ""
        for _ in range(attempts):
            self.monitor.run("stop")
            registers = self.monitor.human("info registers")
            seen = re.search(r"CR3=[0-9a-f]+", registers).group()
            kernel_tables = "HLT=1" in registers or not int(seen[4:], 16) & 0x1000
            if "CPL=0" in registers and kernel_tables:
                return
            self.resume()
            time.sleep(0.05)
        raise GuestError(f"{self.folder.name}: vCPU 0 was not idle in the kernel {attempts} times, last {seen}")

    def resume(self):
        self.monitor.run("cont")

    def save(self, path, through="cat"):
        """Writes the stopped guest as a QEMU migration stream, `through` a filter such as a compressor."""
        self.monitor.run("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
        self.monitor.run("migrate", uri=f"exec:{through} > '{path}'")
        while True:
            state = self.monitor.run("query-migrate")
            if state["status"] == "completed":
                return
            if state["status"] in ("failed", "cancelled"):
                raise GuestError(f"saving {path}: {state}")
            time.sleep(0.02)

    def descriptor_table(self, name):
        """(base, limit) of IDT or GDT of vCPU 0."""
        text = self.monitor.human("info registers")
        base, limit = re.search(rf"{name}=\s+([0-9a-f]+) ([0-9a-f]+)", text).groups()
        return int(base, 16), int(limit, 16)

    def physical(self, address):
        """The guest-physical address behind a virtual one, by QEMU's own page walk on vCPU 0."""
        text = self.monitor.human(f"gva2gpa {address:#x}")
        found = re.search(r"gpa: (0x[0-9a-f]+)", text)
        if not found:
            raise GuestError(f"{address:#018x} is not mapped: {text.strip()}")
        return int(found.group(1), 16)

    def read(self, address, length):
        """Bytes at a virtual address; they may cross pages."""
        content = bytearray()
        while len(content) < length:
            here = address + len(content)
            size = min(length - len(content), 4096 - here % 4096)
            start = self.physical(here)
            content += self.memory[start:start + size]
        return bytes(content)

    def write(self, address, content):
        """Writes behind the stopped guest's back, whatever its page tables forbid."""
        done = 0
        while done < len(content):
            here = address + done
            size = min(len(content) - done, 4096 - here % 4096)
            start = self.physical(here)
            self.memory[start:start + size] = content[done:done + size]
            done += size

    def kernel_symbols(self):
        """All of /proc/kallsyms but the modules' symbols."""
        # Kernel messages would land in the middle of the list.
        self.shell("dmesg -n 1")
        return self.shell(r"grep -v ']' /proc/kallsyms")

    def symbols(self, names):
        """{name: (address, address of the next symbol)} of kernel functions and tables, as the guest itself lists them."""
        pattern = "|".join(names)
        listed = self.shell(rf"grep -A 4 -E ' ({pattern})$' /proc/kallsyms")
        lines = [line.split() for line in listed.splitlines() if re.match(r"[0-9a-f]{16} ", line)]
        found = {}
        for address, _, name in (line[:3] for line in lines):
            if name in names:
                start = int(address, 16)
                later = [int(line[0], 16) for line in lines if int(line[0], 16) > start]
                found[name] = (start, min(later) if later else start)
        return found
