"""Kills processes of a cluster at random moments in random histories; nothing that is found may change."""

import argparse
import collections
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

from .deployment import KILLABLE, Deployment
from .paths import Checkout
from .processes import ClusterError

FAILED, MISMATCH, INTERRUPTED = 2, 1, 130
# A supervisor notices after a while, and the next blow falls when it falls: before all is well again, too.
UNNOTICED_S = (0.0, 4.0)
QUIET_S = (0.0, 8.0)
DRAIN_S = 900
LOOK_S = 3
EPOCH = 1_800_000_000_000
# A guest that was played an hour ago is silent since, and told to be.
BY_THE_CLOCK = ("stale", "liveness")


class History:
    """One random history of each recorded guest, played side by side."""

    def __init__(self, number, files):
        self.number = number
        self.files = files
        self.vms = {file.stem for file in files}

    @classmethod
    def make(cls, number, seed, rounds, folder, checkout):
        files = []
        for guest, recording in enumerate(sorted(checkout.recordings.glob("*.avro"))):
            file = folder / f"history-{number}-{recording.stem}.avro"
            command = [checkout.plumbline, "bench", "history", str(recording), f"--vm={file.stem}", f"--out={file}",
                       f"--rounds={rounds}", f"--seed={seed * 1000 + number * 10 + guest}"]
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
            if done.returncode != 0:
                raise ClusterError(f"bench history ended with {done.returncode}: {done.stderr.strip()}")
            files.append(file)
        return cls(number, files)

    def replay(self, deployment, pace_ms):
        """Begins to play it. The epoch is given, as it is part of what is played."""
        command = deployment.plumbline_command(
            "replay", f"--pace={pace_ms}", "--patience=600", f"--epoch={EPOCH}", *map(str, self.files))
        with open(deployment.folder.log(f"replay-{self.number}"), "wb") as log:
            return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


class Outcome:
    """What is known of some guests: findings by uid, and the newest state of each."""

    def __init__(self, deployment):
        self.findings = deployment.findings()
        self.fleet = deployment.fleet()

    def differences(self, other, vms):
        """How `other` differs from this for these guests; empty if it does not."""
        mine, theirs = self._of(vms), other._of(vms)
        return [f"{key}: expected {mine.get(key)}, found {theirs.get(key)}"
                for key in sorted(mine.keys() | theirs.keys()) if mine.get(key) != theirs.get(key)]

    def _of(self, vms):
        said = {f"finding {uid} of {each['vm']}": each for uid, each in self.findings.items() if each["vm"] in vms}
        return said | {f"state of {vm}": {key: value for key, value in each.items() if key not in BY_THE_CLOCK}
                       for vm, each in self.fleet.items() if vm in vms}


class Chaos:
    """The run; `say` prints a line."""

    def __init__(self, arguments, checkout, say):
        self.arguments = arguments
        self.checkout = checkout
        self.say = say
        self.folder = pathlib.Path(arguments.folder).expanduser().resolve()
        self.random = random.Random(arguments.seed)
        self.kills = collections.Counter()

    def run(self):
        """Returns the differences."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if any(self.folder.iterdir()):
            raise ClusterError(f"{self.folder}: expected an empty folder, found files")
        self.checkout.build()
        count = -(-self.arguments.moments // self.arguments.per_history)
        self.say(f"{count} histories of {self.arguments.rounds} rounds for each recorded guest, "
                 f"seed {self.arguments.seed}")
        histories = [History.make(number, self.arguments.seed, self.arguments.rounds, self.folder, self.checkout)
                     for number in range(count)]
        undisturbed = self._undisturbed(histories)
        self.say(f"undisturbed: {len(undisturbed.findings)} findings of {len(undisturbed.fleet)} guests")
        return self._disturbed(histories, undisturbed)

    def _undisturbed(self, histories):
        deployment = Deployment.up(self.folder / "undisturbed", self.checkout)
        try:
            deployment.submit(2)
            for history in histories:
                _played(history.replay(deployment, 0), deployment, history)
            _drained(deployment)
            outcome = Outcome(deployment)
        finally:
            deployment.end()
        deployment.down()
        return outcome

    def _disturbed(self, histories, undisturbed):
        deployment = Deployment.up(self.folder / "disturbed", self.checkout)
        differences = []
        try:
            deployment.submit(2)
            for history in histories:
                self._disturb(deployment, history)
                _drained(deployment)
                found = undisturbed.differences(Outcome(deployment), history.vms)
                differences += found
                self.say(f"history {history.number}: {len(found)} differences after {self.kills.total()} kills")
            # What is said later about an earlier history would be wrong as well.
            last = undisturbed.differences(Outcome(deployment), set().union(*(each.vms for each in histories)))
            return sorted(set(differences + last))
        finally:
            deployment.end()

    def _disturb(self, deployment, history):
        replay = history.replay(deployment, self.arguments.pace)
        try:
            left = min(self.arguments.per_history, self.arguments.moments - self.kills.total())
            for _ in range(left):
                time.sleep(self.random.uniform(*QUIET_S))
                what, which = self.random.choice(KILLABLE), self.random.randrange(6)
                over = replay.poll() is not None
                names = deployment.kill(what, which)
                self.kills[what] += 1
                self.say(f"kill -9 {self.kills.total()} in history {history.number}"
                         f"{' (played, draining)' if over else ''}: {', '.join(names)}")
                time.sleep(self.random.uniform(*UNNOTICED_S))
                deployment.heal()
            _played(replay, deployment, history)
        finally:
            replay.kill()
            replay.wait()


def _played(replay, deployment, history):
    if replay.wait() != 0:
        raise ClusterError(f"history {history.number}: replay ended with {replay.returncode}; see "
                           f"{deployment.folder.log(f'replay-{history.number}')}")


def _drained(deployment):
    """Waits until the job has made results of all that was published, and they are in Kafka."""
    until = time.monotonic() + DRAIN_S
    while deployment.backlog() > 0:
        if time.monotonic() > until:
            raise ClusterError(f"the job did not catch up within {DRAIN_S} s")
        time.sleep(LOOK_S)


def _interrupt(number, frame):
    raise KeyboardInterrupt


def _arguments():
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    parser = argparse.ArgumentParser(prog="chaos.sh", description=__doc__)
    parser.add_argument("--folder", default=f"{cache}/plumbline-chaos", help="data and logs (default %(default)s)")
    parser.add_argument("--moments", type=int, default=200, help="kills (default 200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-history", type=int, default=20, help="kills in one history (default 20)")
    parser.add_argument("--rounds", type=int, default=24, help="rounds of each guest in a history (default 24)")
    parser.add_argument("--pace", type=int, default=5000, metavar="MILLIS", help="from round to round (default 5000)")
    parser.add_argument("--recordings", metavar="FOLDER", help="recorded guests to play (default: the samples)")
    parser.add_argument("--signatures", metavar="FOLDER", help="store of signatures to announce (default: the samples)")
    return parser.parse_args()


def main():
    arguments = _arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    began = time.monotonic()

    def say(text):
        print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)

    root = pathlib.Path(__file__).resolve().parents[2]
    chaos = Chaos(arguments, Checkout(root, arguments.recordings, arguments.signatures), say)
    try:
        differences = chaos.run()
    except ClusterError as failure:
        print(f"chaos.sh: {failure}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("chaos.sh: interrupted", file=sys.stderr)
        return INTERRUPTED
    for each in differences:
        print(f"chaos.sh: {each}", file=sys.stderr)
    say(f"{chaos.kills.total()} kills ({', '.join(f'{count} {what}' for what, count in sorted(chaos.kills.items()))}), "
        f"{len(differences)} differences")
    if differences:
        return MISMATCH
    shutil.rmtree(chaos.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
