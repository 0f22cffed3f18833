"""Processes that outlive the command that started them, known by pid and start time."""

import os
import pathlib
import signal
import subprocess
import time

GRACE_S = 20
POLL_S = 0.1
NICE = 10


class ClusterError(Exception):
    """Something of the cluster is not as it must be; the message is for people."""


def start(command, log, environment=None, folder=None):
    """Starts a process whose output goes to the file `log`, and returns what identify() needs."""
    with open(log, "ab") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=folder,
            env={**os.environ, **(environment or {})}, start_new_session=True,
            preexec_fn=lambda: os.nice(NICE))
    return {"pid": process.pid, "began": _began(process.pid)}


def alive(identity):
    """Whether the process still runs. A pid that was given to another process meanwhile does not count."""
    if identity is None:
        return False
    if _began(identity["pid"]) == identity["began"]:
        return True
    _reap(identity["pid"])
    return False


def kill(identity):
    """kill -9, and returns when the process is gone."""
    _signal(identity, signal.SIGKILL)
    _await_end(identity, GRACE_S)


def end(identities):
    """Ends processes side by side: asks, waits, and kills those that do not go."""
    for identity in identities:
        _signal(identity, signal.SIGTERM)
    for identity in identities:
        if not _await_end(identity, GRACE_S):
            kill(identity)


def _signal(identity, number):
    if alive(identity):
        try:
            os.kill(identity["pid"], number)
        except ProcessLookupError:
            pass  # it has just ended


def _await_end(identity, seconds):
    until = time.monotonic() + seconds
    while alive(identity):
        if time.monotonic() > until:
            return False
        time.sleep(POLL_S)
    return True


def _reap(pid):
    """A child of this command that has ended stays in the table of processes until somebody asks how."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def _began(pid):
    """Clock ticks since boot at which the process began; None if it is none, or has ended (proc(5), stat)."""
    try:
        after_name = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, start_time = after_name[0], after_name[19]
    return None if state in "ZX" else int(start_time)
