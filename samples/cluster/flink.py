"""A session cluster: one job manager, two task managers, Flink's own client, and what its REST API tells."""

import json
import os
import pathlib
import subprocess
import time
import urllib.request

from . import processes
from .paths import JAVA_FLAGS, free_ports, java
from .processes import ClusterError

JOB_MANAGER = "job-manager"
TASK_MANAGERS = ("task-manager-1", "task-manager-2")
SLOTS = 2
JOB_CLASS = "io.plumbline.flinkjobs.job.SubmittedJob"
START_S = 300
CLIENT_S = 300
JOB_MANAGER_HEAP_MIB = 512
TASK_HEAP_MIB = int(os.environ.get("TASK_HEAP_MIB", "1024"))
FRAMEWORK_HEAP_MIB = 128
DIRECT_MIB = {"framework.off-heap": 64, "task.off-heap": 64, "network": 64}
# Flink's distribution opens these in its configuration (env.java.opts.all), which only its scripts read.
OPENED = [f"--add-opens=java.base/{package}=ALL-UNNAMED"
          for package in ("java.lang", "java.lang.reflect", "java.net", "java.io", "java.nio", "java.text", "java.time",
                          "java.util", "java.util.concurrent", "java.util.concurrent.atomic")]
ENDED = ("FAILED", "CANCELED", "FINISHED", "SUSPENDED")


def prepare(folder):
    """Writes the configuration that all of the cluster share; memory is said in full, as no start script computes it."""
    rest, rpc, blob = free_ports(3)
    folder.known["rest"] = rest
    folder.save()
    lines = {
        "jobmanager.rpc.address": "127.0.0.1",
        "jobmanager.rpc.port": rpc,
        "jobmanager.bind-host": "127.0.0.1",
        "blob.server.port": f'"{blob}"',
        "rest.address": "127.0.0.1",
        "rest.bind-address": "127.0.0.1",
        "rest.port": rest,
        "rest.bind-port": f'"{rest}"',
        "taskmanager.host": "127.0.0.1",
        "taskmanager.bind-host": "127.0.0.1",
        "taskmanager.numberOfTaskSlots": SLOTS,
        "taskmanager.cpu.cores": 2.0,
        "taskmanager.memory.framework.heap.size": f"{FRAMEWORK_HEAP_MIB}m",
        "taskmanager.memory.task.heap.size": f"{TASK_HEAP_MIB}m",
        "taskmanager.memory.framework.off-heap.size": f"{DIRECT_MIB['framework.off-heap']}m",
        "taskmanager.memory.task.off-heap.size": f"{DIRECT_MIB['task.off-heap']}m",
        "taskmanager.memory.network.min": f"{DIRECT_MIB['network']}m",
        "taskmanager.memory.network.max": f"{DIRECT_MIB['network']}m",
        "taskmanager.memory.managed.size": "128m",
        "taskmanager.memory.jvm-metaspace.size": "256m",
        "taskmanager.memory.jvm-overhead.min": "192m",
        "taskmanager.memory.jvm-overhead.max": "192m",
        # A process that was killed refuses connections, which is noticed after two heartbeats; one that is only slow is
        # given time.
        "heartbeat.interval": 1000,
        "heartbeat.timeout": 30000,
        "cluster.registration.error-delay": 1000,
        "cluster.registration.refused-registration-delay": 1000,
        "slot.request.timeout": 300000,
        "io.tmp.dirs": str(folder.sub("flink", "tmp")),
        "web.upload.dir": str(folder.sub("flink", "upload")),
    }
    (folder.sub("conf") / "config.yaml").write_text("".join(f"{key}: {value}\n" for key, value in lines.items()))


def start_job_manager(folder, checkout):
    command = _java(checkout, [f"-Xmx{JOB_MANAGER_HEAP_MIB}m"]) + [
        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint", "--configDir", _conf(folder)]
    _start(folder, JOB_MANAGER, command)


def start_task_manager(folder, checkout, name):
    # Judging pays for what the second compiler costs.
    flags = ["-XX:TieredStopAtLevel=4", f"-Xmx{FRAMEWORK_HEAP_MIB + TASK_HEAP_MIB}m",
             f"-XX:MaxDirectMemorySize={sum(DIRECT_MIB.values())}m", "-XX:MaxMetaspaceSize=256m"]
    # A new id for each start, so that one that has just come back is not taken for the one that is gone.
    resource = f"{name}-{time.time_ns() // 1_000_000}"
    folder.known.setdefault("resources", {})[name] = resource
    command = _java(checkout, flags) + [
        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner", "--configDir", _conf(folder),
        f"-Dtaskmanager.resource-id={resource}"]
    _start(folder, name, command)


def await_job_manager(folder):
    """Waits until the job manager answers."""
    _await(folder, f"{JOB_MANAGER} to answer", lambda: _ask(folder, "/overview"), START_S)


def await_task_managers(folder, supervise=lambda: None):
    """Waits until the job manager has just those task managers that were started last.

    `supervise` starts what has ended, meanwhile, too: a task manager gives up by itself if it has to.
    """
    def registered():
        supervise()
        wanted = set(folder.known["resources"].values())
        return {each["id"] for each in _ask(folder, "/taskmanagers")["taskmanagers"]} == wanted
    _await(folder, "task managers", registered, START_S)


def job(folder):
    """The newest job and its state, (None, None) without any; waits for the job manager's answer.

    No answer is not taken for no job: whoever submits it again then would have it twice.
    """
    return _await(folder, "the list of jobs", lambda: _newest_job(folder), START_S)


def _newest_job(folder):
    jobs = _ask(folder, "/jobs/overview")["jobs"]
    newest = max(jobs, key=lambda each: each["start-time"], default=None)
    return (newest["jid"], newest["state"]) if newest else (None, None)


def await_running(folder, supervise=lambda: None):
    """Waits until every task of the newest job runs, and returns the job's id."""
    def running():
        supervise()
        identity, state = _newest_job(folder)
        if state in ENDED:
            raise ClusterError(f"the job is {state}; see {folder.log(JOB_MANAGER)}")
        if state != "RUNNING":
            return None
        tasks = _ask(folder, f"/jobs/{identity}")["vertices"]
        return identity if all(each["status"] == "RUNNING" for each in tasks) else None
    return _await(folder, "a running job", running, START_S)


def parallelism(folder, identity):
    """The most instances of an operator of the job."""
    return max(each["parallelism"] for each in _ask(folder, f"/jobs/{identity}")["vertices"])


def completed_checkpoints(folder, identity):
    return _ask(folder, f"/jobs/{identity}/checkpoints")["counts"]["completed"]


def run(folder, checkout, settings, restore):
    """`flink run`, detached: the job's jar is uploaded; the jars beside it lie on this machine for all processes."""
    arguments = ["run", "--detached", "--class", JOB_CLASS]
    for jar in checkout.job_libraries():
        arguments += ["--classpath", pathlib.Path(jar).as_uri()]
    if restore:
        arguments += ["--fromSavepoint", restore]
    _client(folder, checkout, arguments + [str(checkout.job_jar()), str(settings)])


def savepoint(folder, checkout, identity):
    """`flink savepoint`: the job goes on."""
    _client(folder, checkout, ["savepoint", identity, folder.sub("savepoints").as_uri()])
    return newest_snapshot(folder)


def stop(folder, checkout, identity):
    """`flink stop`: the job ends with a savepoint, and nothing comes twice after it."""
    _client(folder, checkout, ["stop", "--savepointPath", folder.sub("savepoints").as_uri(), identity])
    return newest_snapshot(folder)


def newest_snapshot(folder):
    """The newest complete checkpoint or savepoint, which is what has its `_metadata`; None if there is none yet."""
    found = [*folder.sub("checkpoints").glob("*/chk-*/_metadata"), *folder.sub("savepoints").glob("*/_metadata")]
    newest = max(found, key=lambda each: each.stat().st_mtime_ns, default=None)
    return newest.parent.as_uri() if newest else None


def _start(folder, name, command):
    folder.known["processes"][name] = processes.start(command, folder.log(name))
    folder.save()


def _conf(folder):
    return str(folder.path / "conf")


def _java(checkout, flags, log4j="log4j2.properties"):
    return [java(), *JAVA_FLAGS, *OPENED, *flags, f"-Dlog4j.configurationFile={checkout.samples / 'cluster' / log4j}",
            "-cp", checkout.flink_class_path()]


def _client(folder, checkout, arguments):
    command = _java(checkout, ["-Xmx256m"], "log4j2-client.properties") + [
        "org.apache.flink.client.cli.CliFrontend", *arguments]
    done = subprocess.run(
        command, env={**os.environ, "FLINK_CONF_DIR": _conf(folder)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=CLIENT_S, check=False)
    with open(folder.log("flink-client"), "a", encoding="utf-8") as log:
        log.write(f"$ flink {arguments[0]} ...\n{done.stdout}\n")
    if done.returncode != 0:
        raise ClusterError(f"flink {arguments[0]} ended with {done.returncode}; see {folder.log('flink-client')}")


def _ask(folder, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{folder.known['rest']}{path}", timeout=10) as answer:
        return json.load(answer)


def _await(folder, what, look, seconds):
    until = time.monotonic() + seconds
    while True:
        try:
            found = look()
        except (OSError, ValueError, KeyError):
            found = None  # the job manager does not answer yet, or is in the middle of something
        if found:
            return found
        if not processes.alive(folder.known["processes"].get(JOB_MANAGER)):
            raise ClusterError(f"waited for {what}: {JOB_MANAGER} ended; see {folder.log(JOB_MANAGER)}")
        if time.monotonic() > until:
            raise ClusterError(f"waited {seconds} s for {what}; see {folder.log(JOB_MANAGER)}")
        time.sleep(0.3)
