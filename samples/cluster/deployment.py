"""The cluster as a whole: up, submit, scale, kill, heal, upgrade, down."""

import json
import subprocess
import time

from . import flink, kafka, processes
from .paths import Checkout, Folder
from .processes import ClusterError

KILLABLE = ("task-manager", "job-manager", "broker", "job")
CHECKPOINTS = "PT2S"


class Deployment:
    """What runs in one folder. Every method returns when what it did has happened."""

    def __init__(self, folder, checkout):
        self.folder = folder
        self.checkout = checkout

    @classmethod
    def up(cls, path, checkout):
        """Starts Kafka and Flink, makes the topics, announces the signatures of the samples."""
        checkout.build()
        deployment = cls(Folder.make(path), checkout)
        try:
            kafka.prepare(deployment.folder, checkout)
            flink.prepare(deployment.folder)
            deployment._start_missing()
            deployment._await_all()
            deployment.plumbline("signatures", "announce", "--create-topics", "--patience=60",
                                 f"--store={checkout.signatures}")
        except BaseException:
            deployment.end()
            raise
        return deployment

    @classmethod
    def of(cls, path, checkout):
        folder = Folder.of(path)
        return cls(folder, Checkout(folder.known.get("checkout", checkout.root)))

    def end(self):
        """Ends every process, Flink's before Kafka's; the folder stays."""
        known = self.folder.known["processes"]
        flinks = [each for name, each in known.items() if not name.startswith("broker")]
        processes.end(flinks)
        processes.end([each for each in known.values() if each not in flinks])

    def down(self):
        self.end()
        self.folder.delete()

    def submit(self, parallelism, restore=None):
        """`flink run`, and waits until every task runs."""
        settings = {
            "kafka.bootstrap-servers": kafka.bootstrap(self.folder),
            "checkpoint.directory": self.folder.sub("checkpoints").as_uri(),
            "checkpoint.interval": CHECKPOINTS,
            "signatures.location": self.checkout.signatures.as_uri(),
            "state.backend": "rocksdb",
            "parallelism": parallelism,
            "restart.delay": "PT1S",
            # Rounds that wait are else taken together, and what was wrong in one of them only is not found: which
            # those are depends on the moment, and runs could not be compared.
            "verdicts.most-share": 100,
            "web.port": -1,  # the cluster has its own UI
        }
        file = self.folder.sub("conf") / "job.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        flink.run(self.folder, self.checkout, file, restore)
        self.folder.known["parallelism"] = parallelism
        self.folder.save()
        return flink.await_running(self.folder)

    def scale(self, parallelism):
        """Stops with a savepoint and goes on from it with other parallelism."""
        return self.submit(parallelism, flink.stop(self.folder, self.checkout, self.running_job()))

    def savepoint(self):
        return flink.savepoint(self.folder, self.checkout, self.running_job())

    def upgrade(self, checkout):
        """Stops with a savepoint and goes on from it with the job of another checkout, or of this one."""
        checkout.build()
        savepoint = flink.stop(self.folder, self.checkout, self.running_job())
        self.checkout = checkout
        self.folder.known["checkout"] = str(checkout.root)
        return self.submit(self.folder.known["parallelism"], savepoint)

    def kill(self, what, which=0):
        """kill -9; `which` picks among brokers or task managers. Returns the names of those killed."""
        names = {
            "task-manager": [flink.TASK_MANAGERS[which % len(flink.TASK_MANAGERS)]],
            "job-manager": [flink.JOB_MANAGER],
            "broker": [kafka.name(kafka.NODES[which % len(kafka.NODES)])],
            "job": [*flink.TASK_MANAGERS, flink.JOB_MANAGER],
        }[what]
        for name in names:
            processes.kill(self.folder.known["processes"][name])
        return names

    def heal(self):
        """One step of a supervisor: starts what is missing, and submits the job again if nobody has it any more.

        Without ZooKeeper or Kubernetes nobody remembers a job whose job manager died, but its newest checkpoint is kept:
        the job goes on from there, as after any failure.
        """
        self._start_missing()
        kafka.await_answers(self.folder)
        flink.await_job_manager(self.folder)
        _, state = flink.job(self.folder)
        lost = state is None or state in flink.ENDED
        if lost and "parallelism" in self.folder.known:
            self.submit(self.folder.known["parallelism"], flink.newest_snapshot(self.folder))
        flink.await_task_managers(self.folder, self._start_missing)
        if "parallelism" in self.folder.known:
            flink.await_running(self.folder, self._start_missing)

    def running_job(self):
        return flink.await_running(self.folder)

    def await_checkpoint(self, seconds=120):
        """Waits until the job has made one more checkpoint than now."""
        identity = self.running_job()
        before = flink.completed_checkpoints(self.folder, identity)
        until = time.monotonic() + seconds
        while flink.completed_checkpoints(self.folder, identity) <= before:
            if time.monotonic() > until:
                raise ClusterError(f"no checkpoint within {seconds} s; see {self.folder.log(flink.JOB_MANAGER)}")
            time.sleep(0.3)

    def status(self):
        """Addresses, processes and the job, a line each."""
        known = self.folder.known
        yield f"folder   {self.folder.path}"
        yield f"brokers  {kafka.bootstrap(self.folder)}"
        yield f"Flink    http://127.0.0.1:{known['rest']}"
        if processes.alive(known["processes"].get(flink.JOB_MANAGER)):
            identity, state = flink.job(self.folder)
            yield f"job      {identity} {state}" if identity else "job      none"
        for name, each in known["processes"].items():
            yield f"{name:15} {each['pid']}" + ("" if processes.alive(each) else " (ended)")

    def plumbline(self, *arguments):
        """The command against this Kafka; what it printed."""
        done = subprocess.run(
            self.plumbline_command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise ClusterError(f"plumbline {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def plumbline_command(self, *arguments):
        return [self.checkout.plumbline, *arguments, f"--brokers={kafka.bootstrap(self.folder)}"]

    def findings(self):
        """Every finding as last said, closed ones included, by uid."""
        said = self.plumbline("findings", "list", "--closed", "-o", "jsonl", "--patience=60")
        return {each["uid"]: each for each in map(json.loads, said.splitlines())}

    def fleet(self):
        """The newest state of every VM, by its name."""
        said = self.plumbline("fleet", "list", "-o", "jsonl", "--patience=60")
        return {each["vm"]: each for each in map(json.loads, said.splitlines())}

    def backlog(self):
        """Observations that the job has not yet made results of that are in Kafka."""
        return json.loads(self.plumbline("fleet", "backlog", "-o", "json", "--patience=60"))["observations"]

    def _start_missing(self):
        known = self.folder.known["processes"]
        for node in kafka.NODES:
            if not processes.alive(known.get(kafka.name(node))):
                kafka.start(self.folder, self.checkout, node)
        if not processes.alive(known.get(flink.JOB_MANAGER)):
            flink.start_job_manager(self.folder, self.checkout)
        for name in flink.TASK_MANAGERS:
            if not processes.alive(known.get(name)):
                flink.start_task_manager(self.folder, self.checkout, name)

    def _await_all(self):
        kafka.await_answers(self.folder)
        flink.await_task_managers(self.folder)
