"""Three brokers, each a controller too."""

import socket
import subprocess
import time

from . import processes
from .paths import JAVA_FLAGS, free_ports, java
from .processes import ClusterError

NODES = (1, 2, 3)
# "plumbline-kafka!" as Kafka writes ids.
CLUSTER = "cGx1bWJsaW5lLWthZmthIQ"
HEAP = "-Xmx256m"
START_S = 300


def name(node):
    return f"broker-{node}"


def settings(node, ports, data):
    """A broker's properties. `ports` are those of the brokers, then those of the controllers."""
    broker = f"PLAINTEXT://127.0.0.1:{ports[node - 1]}"
    controller = "127.0.0.1:" + str(ports[len(NODES) + node - 1])
    voters = ",".join(f"{each}@127.0.0.1:{ports[len(NODES) + each - 1]}" for each in NODES)
    return {
        "process.roles": "broker,controller",
        "node.id": node,
        "listeners": f"{broker},CONTROLLER://{controller}",
        "advertised.listeners": broker,
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.quorum.voters": voters,
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        # An acknowledged record is on two brokers, so that any one may be killed.
        "default.replication.factor": 3,
        "min.insync.replicas": 2,
        "offsets.topic.replication.factor": 3,
        "offsets.topic.num.partitions": 3,
        "transaction.state.log.replication.factor": 3,
        "transaction.state.log.min.isr": 2,
        "transaction.state.log.num.partitions": 3,
        "share.coordinator.state.topic.replication.factor": 3,
        "share.coordinator.state.topic.min.isr": 2,
        "group.initial.rebalance.delay.ms": 0,
        # The default reserves 128 MiB of a heap of 256.
        "log.cleaner.dedupe.buffer.size": 2097152,
        # A broker that was killed is missed after this.
        "broker.session.timeout.ms": 6000,
        "broker.heartbeat.interval.ms": 1000,
        "replica.lag.time.max.ms": 10000,
    }


def bootstrap(folder):
    return ",".join(f"127.0.0.1:{port}" for port in folder.known["kafka"][:len(NODES)])


def prepare(folder, checkout):
    """Writes settings and formats the storage of every broker."""
    folder.known["kafka"] = free_ports(2 * len(NODES))
    folder.save()
    formatting = []
    for node in NODES:
        lines = settings(node, folder.known["kafka"], folder.sub("kafka", str(node)))
        file = folder.sub("conf") / f"{name(node)}.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
        command = _java(checkout, "-Xmx128m") + [
            "kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER, "--config", str(file)]
        formatting.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    for node, process in zip(NODES, formatting):
        said, _ = process.communicate()
        if process.returncode != 0:
            raise ClusterError(f"{name(node)}: its storage cannot be formatted: {said.strip()[-2000:]}")


def start(folder, checkout, node):
    """Starts a broker; it need not answer yet."""
    command = _java(checkout, HEAP) + ["kafka.Kafka", str(folder.path / "conf" / f"{name(node)}.properties")]
    folder.known["processes"][name(node)] = processes.start(command, folder.log(name(node)))
    folder.save()


def await_answers(folder):
    """Waits until every broker takes connections."""
    until = time.monotonic() + START_S
    for node in NODES:
        while not _listens(folder.known["kafka"][node - 1]):
            if not processes.alive(folder.known["processes"].get(name(node))):
                raise ClusterError(f"{name(node)} ended; see {folder.log(name(node))}")
            if time.monotonic() > until:
                raise ClusterError(f"{name(node)} does not listen after {START_S} s; see {folder.log(name(node))}")
            time.sleep(processes.POLL_S)


def _java(checkout, heap):
    log4j = checkout.samples / "cluster" / "log4j2.properties"
    return [java(), *JAVA_FLAGS, heap, f"-Dlog4j.configurationFile={log4j}", "-cp", checkout.kafka_class_path()]


def _listens(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
