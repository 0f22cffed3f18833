"""Where things are: the checkout, class paths out of Maven, the cluster's own folder."""

import json
import os
import pathlib
import shutil
import socket
import subprocess

from .processes import ClusterError

STATE = "cluster.json"
JAVA_FLAGS = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]


def java():
    home = os.environ.get("JAVA_HOME")
    return str(pathlib.Path(home, "bin", "java")) if home else "java"


class Checkout:
    """A built checkout of Plumbline: the command, the job's jar, and the class paths of Kafka and Flink."""

    def __init__(self, root, recordings=None, signatures=None):
        self.root = pathlib.Path(root).resolve()
        self.samples = self.root / "samples"
        self.recordings = pathlib.Path(recordings or self.samples / "recordings").resolve()
        self.signatures = pathlib.Path(signatures or self.samples / "signatures").resolve()
        self.plumbline = str(self.root / "plumbline")

    def build(self):
        """Builds what is not built yet, as ./plumbline does on first use."""
        if subprocess.run([self.plumbline, "--version"], stdout=subprocess.DEVNULL, check=False).returncode != 0:
            raise ClusterError(f"{self.root}: the build failed")

    def kafka_class_path(self):
        return self._resolved(self.root / "docker" / "kafka" / "pom.xml", "kafka-class-path")

    def flink_class_path(self):
        return self._resolved(self.samples / "cluster" / "pom.xml", "flink-class-path")

    def _resolved(self, pom, name):
        """Maven's runtime class path of a pom, asked once for each state of the poms."""
        kept = self.root / "cli" / "target" / name
        newest = max(each.stat().st_mtime for each in (pom, self.root / "pom.xml"))
        if not kept.exists() or kept.stat().st_mtime < newest:
            offline = ["-o"] if os.environ.get("PLUMBLINE_OFFLINE") else []
            done = subprocess.run(
                ["mvn", "-q", "-B", *offline, "-f", str(pom), "dependency:build-classpath",
                 "-DincludeScope=runtime", f"-Dmdep.outputFile={kept}"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            if done.returncode != 0:
                kept.unlink(missing_ok=True)
                raise ClusterError(f"{pom}: Maven does not tell the class path: {done.stdout.strip()[-2000:]}")
        return kept.read_text().strip()

    def job_jar(self):
        """The jar that is submitted."""
        return self._one_jar(self.root / "flink-jobs" / "target", "plumbline-flink-jobs-*.jar")

    def job_libraries(self):
        """What the job needs besides its jar; what the cluster brings itself must not come a second time."""
        brought = ("log4j-", "slf4j-", "plumbline-flink-jobs-")
        jars = (self.root / "cli" / "target" / "classpath").read_text().strip().split(":")
        return [jar for jar in jars if not pathlib.Path(jar).name.startswith(brought)
                and (not pathlib.Path(jar).name.startswith("flink-") or "connector-" in jar)]

    @staticmethod
    def _one_jar(folder, pattern):
        jars = [jar for jar in folder.glob(pattern) if not jar.stem.endswith(("-tests", "-sources"))]
        if len(jars) != 1:
            raise ClusterError(f"{folder}: expected one {pattern}, found {len(jars)}")
        return jars[0]


class Folder:
    """The cluster's folder: everything that it writes, and what is known of its processes."""

    def __init__(self, path):
        self.path = pathlib.Path(path).expanduser().resolve()
        self.known = {"processes": {}}

    @classmethod
    def make(cls, path):
        folder = cls(path)
        if (folder.path / STATE).exists():
            raise ClusterError(f"{folder.path}: expected no cluster yet, found one; `down` takes it down")
        if folder.path.exists() and any(folder.path.iterdir()):
            raise ClusterError(f"{folder.path}: expected no folder or an empty one, found files")
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.save()
        return folder

    @classmethod
    def of(cls, path):
        folder = cls(path)
        try:
            folder.known = json.loads((folder.path / STATE).read_text())
        except FileNotFoundError as missing:
            raise ClusterError(f"{folder.path}: expected a cluster, found none; `up` makes it") from missing
        return folder

    def save(self):
        unfinished = self.path / (STATE + ".unfinished")
        unfinished.write_text(json.dumps(self.known, indent=1))
        unfinished.rename(self.path / STATE)

    def sub(self, *names):
        path = self.path.joinpath(*names)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def log(self, name):
        return self.sub("logs") / f"{name}.log"

    def delete(self):
        shutil.rmtree(self.path)


def free_ports(count):
    """Ports of the loopback interface that are free now; all are held until the last is known, so they differ."""
    held = []
    try:
        for _ in range(count):
            each = socket.socket()
            held.append(each)
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()
