"""python3 -m cluster COMMAND: the steps of a cluster's life, one by one or as a story."""

import argparse
import os
import pathlib
import signal
import sys
import time

from . import story
from .deployment import KILLABLE, Deployment
from .paths import Checkout
from .processes import ClusterError

FAILED, MISMATCH, INTERRUPTED = 2, 1, 130


def main():
    arguments = _arguments()
    here = Checkout(pathlib.Path(__file__).resolve().parents[2])
    # Whoever ends this command ends what it is about to start as well.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return arguments.does(arguments, here)
    except ClusterError as failure:
        print(f"cluster.sh: {failure}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("cluster.sh: interrupted", file=sys.stderr)
        return INTERRUPTED


def _interrupt(number, frame):
    raise KeyboardInterrupt


def _arguments():
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    parser = argparse.ArgumentParser(
        prog="cluster.sh", description="A real Kafka and Flink cluster of several processes on this machine.",
        epilog="exit status: 0 done, 1 findings are not as they must be, 2 failed, 130 interrupted")
    parser.add_argument("--folder", default=f"{cache}/plumbline-cluster", help="data, logs and pids (default %(default)s)")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name, does, text):
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(does=does)
        return added

    command("up", _up, "starts three brokers, a job manager, two task managers; makes topics, announces signatures")
    command("submit", _submit, "submits the job with Flink's client").add_argument(
        "--parallelism", type=int, default=2, help="slots (default 2, there are 4)")
    command("scale", _scale, "stops the job with a savepoint, goes on with other parallelism").add_argument(
        "parallelism", type=int)
    killing = command("kill", _kill, "kill -9")
    killing.add_argument("what", choices=KILLABLE, help="job: job manager and both task managers")
    killing.add_argument("--which", type=int, default=0, help="of several, from 0")
    command("heal", _heal, "starts what was killed; submits the job from its newest checkpoint if it is gone")
    command("savepoint", _savepoint, "takes a savepoint; the job goes on")
    command("upgrade", _upgrade, "stops the job with a savepoint, goes on with the job of a checkout").add_argument(
        "--checkout", type=pathlib.Path, help="another checkout of Plumbline (default: this one)")
    command("status", _status, "says where everything is")
    command("down", _down, "ends every process and deletes the folder")
    telling = command("story", _story, "plays all of it with the recorded guests and checks what was found")
    telling.add_argument("--pace", type=int, default=4000, metavar="MILLIS", help="from round to round (default 4000)")
    telling.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    return parser.parse_args()


def _up(arguments, here):
    Deployment.up(arguments.folder, here)
    return _status(arguments, here)


def _submit(arguments, here):
    print(Deployment.of(arguments.folder, here).submit(arguments.parallelism))


def _scale(arguments, here):
    print(Deployment.of(arguments.folder, here).scale(arguments.parallelism))


def _kill(arguments, here):
    print(", ".join(Deployment.of(arguments.folder, here).kill(arguments.what, arguments.which)))


def _heal(arguments, here):
    Deployment.of(arguments.folder, here).heal()


def _savepoint(arguments, here):
    print(Deployment.of(arguments.folder, here).savepoint())


def _upgrade(arguments, here):
    checkout = Checkout(arguments.checkout) if arguments.checkout else here
    print(Deployment.of(arguments.folder, here).upgrade(checkout))


def _status(arguments, here):
    for line in Deployment.of(arguments.folder, here).status():
        print(line)


def _down(arguments, here):
    Deployment.of(arguments.folder, here).down()


def _story(arguments, here):
    began = time.monotonic()

    def say(text):
        print(f"{time.monotonic() - began:6.1f} s  {text}", flush=True)

    complaints = story.play(arguments.folder, here, arguments.pace, say)
    for each in complaints:
        print(f"cluster.sh: {each}", file=sys.stderr)
    if not complaints and not arguments.keep:
        Deployment.of(arguments.folder, here).down()
    say("not as it must be; logs are in " + arguments.folder if complaints else "all as in the answer keys")
    return MISMATCH if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
