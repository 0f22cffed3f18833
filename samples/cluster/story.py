"""The whole story: from nothing to an upgraded job that has missed nothing, and everything taken down again."""

import subprocess
import time

from . import flink
from .answers import AnswerKey
from .deployment import Deployment
from .processes import ClusterError

SETTLE_S = 300
LOOK_S = 5


def play(path, checkout, pace_ms, say):
    """Plays it; returns what was not as it must be."""
    recordings = sorted((checkout.samples / "recordings").glob("*.avro"))
    keys = [AnswerKey(each) for each in recordings]
    say("up: three brokers, a job manager, two task managers of two slots each")
    deployment = Deployment.up(path, checkout)
    try:
        say("submit: `flink run` on 2 slots")
        deployment.submit(2)
        say(f"the recorded guests play, {pace_ms} ms from round to round")
        with open(deployment.folder.log("replay"), "wb") as log:
            replay = subprocess.Popen(
                deployment.plumbline_command("replay", f"--pace={pace_ms}", "--patience=120", *map(str, recordings)),
                stdout=log, stderr=subprocess.STDOUT)
        try:
            _events(deployment, checkout, say)
            if replay.wait() != 0:
                raise ClusterError(f"replay ended with {replay.returncode}; see {deployment.folder.log('replay')}")
        finally:
            replay.kill()
            replay.wait()
        return _settled(deployment, keys, say)
    finally:
        deployment.end()


def _events(deployment, checkout, say):
    identity = deployment.scale(4)
    say("scaled: stopped with a savepoint, on from there on 4 slots")
    found = flink.parallelism(deployment.folder, identity)
    if found != 4:
        raise ClusterError(f"expected parallelism 4, found {found}")
    deployment.await_checkpoint()
    say("kill -9 of " + ", ".join(deployment.kill("task-manager")))
    deployment.heal()
    say("healed: the job runs on 4 slots again, from its last checkpoint")
    deployment.await_checkpoint()
    say("savepoint: " + deployment.savepoint())
    deployment.upgrade(checkout)
    say("upgraded: stopped with a savepoint, its jar submitted anew from there")


def _settled(deployment, keys, say):
    """What is still wrong when nothing more changes."""
    say("all is played; the findings are read back from Kafka")
    until = time.monotonic() + SETTLE_S
    while True:
        findings, fleet = deployment.findings(), deployment.fleet()
        complaints = [each for key in keys for each in key.complaints(findings, fleet)]
        if not complaints or time.monotonic() > until:
            say(f"{len(findings)} findings of {len(fleet)} guests")
            return complaints
        time.sleep(LOOK_S)
